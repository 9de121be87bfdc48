import type { RequestListener } from 'node:http';
import { ATTACKER, type Attack } from './attack.ts';
import { podReview } from './pod-review.ts';
import { everyMilliseconds } from './schedule.ts';

const DEFAULTS = {
  /** Pods that name the attacker's secrets. */
  everyMilliseconds: 100,
  /** The size of a Docker config whose password ends in NUL bytes and one letter. */
  nulBytes: [67_000, 500_000],
  /** Docker config keys that match one image: as many as fit in a Secret, and as many as wasmgate reads. */
  entries: [20_800, 1_000],
} as const;

function secretOf(auths: object): object {
  const config = Buffer.from(JSON.stringify({ auths })).toString('base64');
  return { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': config } };
}

/** A name, a colon, NUL bytes and a letter: a careless expression for trailing NUL bytes takes quadratic time on it. */
function nulSecret(bytes: number): object {
  const auth = Buffer.from(`me:${'\0'.repeat((bytes * 3) / 4)}x`).toString('base64');
  return secretOf({ '127.0.0.1': { auth }, 'registry.example.com': { auth } });
}

const HEAD_GLOBS = [
  '127',
  '?27',
  '1?7',
  '12?',
  '??7',
  '?2?',
  '1??',
  '*',
  '1*',
  '*7',
  '12*',
  '*27',
  '1*7',
  '???',
];
const globsOf = (digit: string): readonly string[] => [digit, '?', '*', `${digit}*`, `*${digit}`];
const PATHS = Array.from({ length: 17 }, (_, length) => '/attacker/private'.slice(0, length));

/** Different keys for the same host, each with a login of its own. */
function entriesSecret(count: number, port: string): object {
  const keys = PATHS.flatMap((path) =>
    HEAD_GLOBS.flatMap((first) =>
      globsOf('0').flatMap((second) =>
        globsOf('0').flatMap((third) =>
          globsOf('1').map((last) => `${first}.${second}.${third}.${last}:${port}${path}`),
        ),
      ),
    ),
  );
  const auth = (index: number): string => Buffer.from(`${index}:x`).toString('base64');
  return secretOf(Object.fromEntries(keys.slice(0, count).map((key, index) => [key, { auth: auth(index) }])));
}

const refuse: RequestListener = (_request, response) => {
  response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
};

const privateRepositories = (path: string): RequestListener | null =>
  path.startsWith('/v2/attacker/') ? refuse : null;

/** The port of the registry, a number that makes the secret new to wasmgate, and the size to take of several. */
const SECRET_PATH = /\/namespaces\/attacker\/secrets\/secret-(\d+)-\d+-(\d)$/;

/** Builds each secret once, because this process is busy during an attack. */
function findSecrets<Size>(sizes: readonly Size[], make: (size: Size, port: string) => object) {
  const made = new Map<string, object>();
  return (path: string): object | undefined => {
    const [, port = '', kind = ''] = SECRET_PATH.exec(path) ?? [];
    const size = kind === '' ? undefined : sizes[Number(kind)];
    if (size === undefined) return undefined;
    const key = `${port}-${kind}`;
    const secret = made.get(key) ?? make(size, port);
    made.set(key, secret);
    return secret;
  };
}

const run: Attack['run'] = ({ registry, apply }, signal) =>
  everyMilliseconds(DEFAULTS.everyMilliseconds, signal, (index) =>
    apply(
      podReview({
        namespace: ATTACKER,
        images: [`${registry}/attacker/private:${index}`],
        pullSecrets: [`secret-${registry.split(':')[1] ?? ''}-${Math.floor(index / 2)}-${index % 2}`],
      }),
    ),
  );

export const nulBytes: Attack = {
  name: 'nul-bytes',
  title: 'pull secrets with NUL bytes, 67 and 500 KB',
  cluster: { find: findSecrets(DEFAULTS.nulBytes, nulSecret) },
  answer: privateRepositories,
  run,
};

export const manyEntries: Attack = {
  name: 'many-entries',
  title: 'pull secrets with 20,800 and 1,000 logins for one host',
  cluster: { find: findSecrets(DEFAULTS.entries, entriesSecret) },
  answer: privateRepositories,
  run,
};
