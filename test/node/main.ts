// npm run test:node -- [flags] [FILE ...]: runs wasmgate in front of a real node. README.md says what it needs.
import { findPrograms } from '../e2e/testbed/find-programs.ts';
import { UsageError } from '../support/cli/read-flags.ts';
import { lockNode } from './cluster/lock-node.ts';
import { LOG_FOLDER } from './cluster/node-settings.ts';
import { say, step } from './cluster/progress.ts';
import { type AllPrograms, SERVER_PROGRAMS } from './cluster/start-node.ts';
import { hasNodeLeftovers, stopNode } from './cluster/stop-node.ts';
import { HELP, parseOptions, type RunOptions } from './options.ts';
import { findNodePrograms, findObstacles } from './programs/find-node-programs.ts';
import { crunVersions } from './record/runtime-versions.ts';
import { createSession, type Session } from './session.ts';

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  switch (options.kind) {
    case 'help':
      console.log(HELP);
      return EXIT.ok;
    case 'down':
      return await stop();
    case 'run':
      return await run(options);
  }
}

async function stop(): Promise<number> {
  if (process.getuid?.() !== 0) return complain('Only root can stop the node.');
  if (!(await lockNode())) return complain(IN_USE);
  if (await hasNodeLeftovers()) await step('stopped the node', stopNode);
  else say('there is no node to stop');
  return EXIT.ok;
}

const IN_USE = 'Another run of test:node uses the node of this machine. Wait until it has ended.';

function complain(message: string): number {
  console.error(message);
  return EXIT.failed;
}

async function run(options: RunOptions): Promise<number> {
  const programs = await findAllPrograms(options);
  if ('missing' in programs) return skip(programs.missing);
  const { crun } = programs.node;
  // An engine without a version is better rejected now than when the node has started.
  if (options.record && crun !== null) await crunVersions(crun);
  if (!(await lockNode())) return complain(IN_USE);
  const session = createSession(programs, options);
  let interrupted = false;
  const interrupt = (): void => {
    if (!interrupted) say('interrupted');
    interrupted = true;
    session.end().then(() => process.exit(EXIT.interrupted), fail);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  try {
    return await runOnNode(session, options);
  } catch (error) {
    // The interrupt ended the servers, so the step in progress failed.
    if (interrupted) return EXIT.interrupted;
    console.error(error instanceof Error ? error.message : error);
    return complain(`The logs of the node are in ${LOG_FOLDER}.`);
  } finally {
    await session.end();
  }
}

async function runOnNode(session: Session, options: RunOptions): Promise<number> {
  await session.start();
  if (options.record) {
    await session.record();
    return EXIT.ok;
  }
  if (options.keep && options.files.length === 0) return EXIT.ok;
  return await session.runTests(options.files);
}

/** Prints all that is missing. With WASMGATE_NODE=required, that is a failure. */
function skip(reasons: readonly string[]): number {
  const required = process.env['WASMGATE_NODE'] === 'required';
  console.log([`test:node ${required ? 'cannot run' : 'skipped'}:`, ...reasons].join('\n  - '));
  return required ? EXIT.failed : EXIT.ok;
}

/** Finds or builds all programs. If the machine lacks anything for them, lists it and builds nothing. */
async function findAllPrograms({
  install,
}: RunOptions): Promise<AllPrograms | { readonly missing: readonly string[] }> {
  const missing = await findObstacles(process.env, { install });
  if (missing.length > 0) return { missing };
  const servers = await findPrograms(SERVER_PROGRAMS);
  if (servers.kind === 'missing') return { missing: [servers.reason] };
  const node = await findNodePrograms();
  if (node.kind === 'missing') return { missing: node.reasons };
  return { servers: servers.paths, node: node.programs };
}

function fail(error: unknown): void {
  if (error instanceof UsageError) {
    console.error(`${error.message} See npm run test:node -- --help.`);
    process.exit(EXIT.usage);
  }
  console.error(error instanceof Error ? error.message : error);
  process.exit(EXIT.failed);
}

main(process.argv.slice(2)).then((code) => process.exit(code), fail);
