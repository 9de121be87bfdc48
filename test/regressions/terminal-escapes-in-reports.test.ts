import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { ReviewOutput } from '../../src/cli/review/report.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { useReviewStage } from '../support/cli/review-stage.ts';
import { runInspect } from '../support/cli/run-inspect.ts';
import { startServer } from '../support/server/http-server.ts';

/** Clears the screen with a 7-bit and an 8-bit sequence, reverses the text direction, and starts a new line. */
const TRICKS = '\u001b[2J\u009b2J\u202e\u2066\u2028';
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const stage = useReviewStage();

const metadata = { name: `pod${TRICKS}`, namespace: `team${TRICKS}`, annotations: { note: TRICKS } };

/** A Pod that is changed, one that is denied, and one with an invalid reference. */
const PODS = [
  { image: 'REGISTRY/corpus/bk-wasi-wasm', runtimeClassName: undefined },
  { image: 'REGISTRY/corpus/spin-v2-app', runtimeClassName: `gone${TRICKS}` },
  { image: `no${TRICKS}reference`, runtimeClassName: undefined },
].map(({ image, runtimeClassName }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: { containers: [{ name: `app${TRICKS}`, image }], runtimeClassName },
}));

/** A word of each output that shows that it holds the manifest's texts. */
const WORDS: Readonly<Record<ReviewOutput, string>> = {
  table: 'denied',
  json: '"refused"',
  yaml: 'runtimeClassName',
  diff: 'runtimeClassName',
  patch: 'runtimeClassName',
  admissionreview: 'does not exist',
  sarif: '"results"',
  github: '::error ',
};

test.for(Object.entries(WORDS))(
  'a manifest cannot control the terminal through review -o %s',
  async ([output, words]) => {
    const file = await stage.write('pods.yaml', PODS.map((pod) => JSON.stringify(pod)).join('\n---\n'));
    const { stdout, stderr } = await stage.review(['-f', file, '--facts', stage.facts, '-o', output]);
    expect(stdout).toContain(words);
    expect(stdout).not.toMatch(OBEYED);
    expect(stderr).not.toMatch(OBEYED);
  },
);

test('the name of an unreadable file cannot control the terminal either', async () => {
  const file = await stage.write(`broken/${TRICKS}.yaml`, 'a: [');
  const { stderr } = await stage.review(['-f', file]);
  expect(stderr).toContain('broken/');
  expect(stderr).not.toMatch(OBEYED);
});

/** A manifest whose config has a platform with control characters, and errors with such texts. */
async function startTrickster() {
  const config = JSON.stringify({
    os: 'wasi',
    architecture: TRICKS,
    config: { Entrypoint: [`/a${TRICKS}.wasm`] },
  });
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  const descriptor = { mediaType: OCI_CONFIG, digest, size: Buffer.byteLength(config) };
  const manifest = JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] });
  const refusal = JSON.stringify({ errors: [{ code: `DENIED${TRICKS}`, message: `go away${TRICKS}` }] });
  const registry = await startServer((request, response) => {
    const url = request.url ?? '';
    if (url.includes('/blobs/')) response.end(config);
    else if (url.includes('/refused/'))
      response.writeHead(400, { 'content-type': 'application/json' }).end(refusal);
    else response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(manifest);
  });
  onTestFinished(registry.close);
  return registry;
}

test.for([
  ['an image', 'app', 'table'],
  ['an image as JSON', 'app', 'json'],
  ['an image as YAML', 'app', 'yaml'],
  ['a refusal', 'refused', 'table'],
  ['a refusal as JSON', 'refused', 'json'],
  ['a refusal as YAML', 'refused', 'yaml'],
] as const)('inspect shows %s without control characters', async ([, name, output]) => {
  const registry = await startTrickster();
  const run = await runInspect([`${registry.host}/${name}:1`, '-o', output]);
  expect(run.stdout + run.stderr).toContain(name);
  expect(run.stdout).not.toMatch(OBEYED);
  expect(run.stderr).not.toMatch(OBEYED);
});
