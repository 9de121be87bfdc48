import type { UnknownReason } from '../../detect/verdict.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';

/** Who said no, or who could not be reached, and what to type next. */
const ADVICE: Readonly<Record<UnknownReason, (registry: string) => string>> = {
  unauthorized: (registry) =>
    `The registry refused. Log in: docker login ${registry}, or --username NAME --password-stdin.`,
  'not-found': (registry) =>
    `The registry has no such image, or hides it from whoever is not logged in. Check repository and tag, or log in: docker login ${registry}, or --username NAME --password-stdin.`,
  unreachable: () =>
    'The registry could not be reached, or is in trouble. Check its name, the network and its state.',
  timeout: () => 'The registry did not answer in time. Try again, or wait longer: --timeout 2m.',
  tls: () =>
    "The registry's certificate is not trusted here. Name its authority: --ca-file FILE; or, if it speaks no TLS: --plain-http.",
  'rate-limited': (registry) =>
    `The registry asks to be left alone for a while. Log in, which gives a higher limit: docker login ${registry}.`,
  'denied-by-config': () =>
    'wasmgate itself refused: addresses of clouds’ metadata and of links are never asked, and logins go only where they belong.',
  unsupported: () => 'wasmgate does not know this kind of image, so it does not guess.',
  'too-large': () => 'wasmgate refused to read that much. Check that the reference names an image.',
  invalid: () =>
    'The answer is not that of a registry. Check the reference, and that nothing in between changes answers.',
};

const THIS_MACHINE = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/;

/** How a server that wants TLS takes plain http: some say so, some hang up. */
const MAY_WANT_TLS: ReadonlySet<UnknownReason> = new Set(['invalid', 'unreachable']);

export function adviseOn(reason: UnknownReason, registry: string): string {
  const advice = ADVICE[reason](registry);
  return MAY_WANT_TLS.has(reason) && THIS_MACHINE.test(registry)
    ? `${advice} If it speaks TLS, name its authority: --ca-file FILE.`
    : advice;
}

/** The registry's own no is an answer; everything else leaves the question open. */
export function exitCodeFor(reason: UnknownReason | null): ExitCode {
  if (reason === null) return EXIT_CODES.ok;
  return reason === 'unauthorized' || reason === 'not-found' ? EXIT_CODES.failed : EXIT_CODES.undecided;
}
