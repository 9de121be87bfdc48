import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { createClusterView } from '../../src/kubernetes/cluster.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { WASMTIME } from '../support/assess/assessments.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';
import { startWebhook } from '../support/server/webhook.ts';

/** Clears the screen, sets the window title, reverses the text direction, and starts a new line. */
const TRICKS = '\u001b[2J\u001b]0;owned\u0007\u202e\u2066\u2028\nError from server: all is well';
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function descriptor(mediaType: string, bytes: string) {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { mediaType, digest, size: bytes.length };
}

/** An index with only Wasm platforms, whose architecture holds control characters. */
function startTrickster() {
  const platform = { os: 'wasi', architecture: TRICKS };
  const config = JSON.stringify({ ...platform, config: { Entrypoint: ['/app.wasm'] } });
  const manifest = JSON.stringify({ schemaVersion: 2, config: descriptor(OCI_CONFIG, config), layers: [] });
  const entry = { ...descriptor(OCI_MANIFEST, manifest), platform };
  const index = JSON.stringify({ schemaVersion: 2, manifests: [entry] });
  return startServer((request, response) => {
    const url = request.url ?? '';
    if (url.includes('/blobs/')) response.end(config);
    else if (url.includes('@') || url.includes('sha256:'))
      response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(manifest);
    else response.writeHead(200, { 'content-type': OCI_INDEX }).end(index);
  });
}

async function startWholeWebhook() {
  const client = createLocalClient();
  onTestFinished(client.close);
  const { logger } = createRecordingLogger();
  const view = createClusterView([WASMTIME], []);
  const cluster = clusterPort(view);
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const { policy } = createConfigurationReader({ policy: policySettings }).defaults();
  return startWebhook({
    assess: createAssessPod(
      { catalog, cluster, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
      { policy, ownNamespace: 'wasmgate-system' },
    ),
  });
}

test('text of a registry cannot control the terminal through a denial', async () => {
  const registry = await startTrickster();
  onTestFinished(registry.close);
  await using webhook = await startWholeWebhook();
  const object = { spec: { containers: [{ name: 'app', image: `${registry.host}/app:1` }] } };
  const request = { uid: '1', kind: { group: '', version: 'v1', kind: 'Pod' }, operation: 'CREATE' };
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { ...request, namespace: 'team-a', object },
  };
  const answer = await webhook.ask('/validate', review);
  const { message } = answer['status'] as { readonly message: string };
  expect(message).toContain('owned');
  expect(message).not.toMatch(OBEYED);
  expect(message.split('\n').filter((line) => /^error/i.test(line))).toEqual([]);
});
