// The program with other lifetimes of certificates, and on a node whose clock is wrong. The first argument is JSON
// (`ProgramTimes`), the others are those of `wasmgate`. Users have no such settings.
import type { CertificateTimes } from '../../../src/certs/certificate-times.ts';

export interface ProgramTimes {
  /** Replace those of the program. */
  readonly certificates?: Partial<CertificateTimes>;
  /** Milliseconds that the clock of the node is ahead. */
  readonly clockOffset?: number;
}

const [text = '{}', ...args] = process.argv.slice(2);
const { certificates, clockOffset = 0 } = JSON.parse(text) as ProgramTimes;

const RealDate = Date;

/** Every `new Date()` and `Date.now()` of this process, its libraries included. */
class ShiftedDate extends RealDate {
  constructor(...parts: readonly [] | [string | number | Date]) {
    if (parts.length === 0) super(ShiftedDate.now());
    else super(...parts);
  }

  static override now(): number {
    return RealDate.now() + clockOffset;
  }
}

if (clockOffset !== 0) globalThis.Date = ShiftedDate as DateConstructor;

// Loaded only now, so that no module has seen the real clock.
const { CERTIFICATE_TIMES } = await import('../../../src/certs/certificate-times.ts');
const { processIo } = await import('../../../src/cli/io.ts');
const { runCli } = await import('../../../src/cli/run.ts');
const { wireCommands } = await import('../../../src/wire/wire-commands.ts');

const commands = wireCommands({
  version: '0.0.0-test',
  manifests: new URL('../../../manifests/', import.meta.url),
  certificateTimes: { ...CERTIFICATE_TIMES, ...certificates },
});
process.exitCode = await runCli(args, processIo(process), commands);
