import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { COLLECTIONS } from '../../../src/kubernetes/collections.ts';
import { FACTS, podOf, startReviewStage } from '../../support/cli/review-stage.ts';
import { kubeconfigText } from '../../support/kubernetes/kubectl.ts';
import { serveObjects, type ServedObject } from '../../support/kubernetes/objects-api.ts';
import { errorStatus, startScriptedApi, type Step } from '../../support/kubernetes/scripted-api.ts';

const LOGIN = { users: { ann: 'pass' }, auth: 'basic' } as const;

function dockerConfig(host: string): string {
  return JSON.stringify({ auths: { [host]: { username: 'ann', password: 'pass' } } });
}

function pullSecret(host: string): object {
  const content = Buffer.from(dockerConfig(host)).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'login' },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': content },
  };
}

const ACCOUNT = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default' },
  imagePullSecrets: [{ name: 'login' }],
};

describe('private images', () => {
  test.each([
    ['without a login', [], '', 'undecided'],
    ['with a secret that the Pod names', ['secret'], '  imagePullSecrets: [{name: login}]', 'changed'],
    ['with a secret that no account names', ['secret'], '', 'undecided'],
    ['with a secret that the ServiceAccount names', ['secret', 'account'], '', 'changed'],
    ['with docker’s login', ['docker'], '', 'changed'],
  ])('%s', async (_case, given, spec, outcome) => {
    await using stage = await startReviewStage(LOGIN);
    const facts = await stage.write('facts.yaml', FACTS);
    const secret = await stage.write('secret.json', JSON.stringify(pullSecret(stage.host)));
    const account = await stage.write('account.json', JSON.stringify(ACCOUNT));
    await stage.write('docker/config.json', dockerConfig(stage.host));
    const pod = await stage.write('pod.yaml', podOf('a', 'bk-wasi-wasm', spec));
    const more = [
      ...(given.includes('secret') ? ['--facts', secret] : []),
      ...(given.includes('account') ? ['--facts', account] : []),
    ];
    const env = given.includes('docker') ? { DOCKER_CONFIG: `${stage.folder}/docker` } : {};
    const { items } = await stage.report(['-f', pod, '--facts', facts, ...more], { env });
    expect(items).toMatchObject([{ outcome }]);
    expect(JSON.stringify(items)).not.toContain('imagePullSecrets');
  });
});

/** Serves the facts; listing nodes can be forbidden. */
function apiServer(mayListNodes: boolean): Step {
  const objects = parseAllDocuments(FACTS).map((document) => document.toJS() as ServedObject);
  const isHidden = (path: string): boolean => path.endsWith('/nodes') && !mayListNodes;
  return serveObjects(objects, (path) => (isHidden(path) ? errorStatus(403, 'Forbidden') : undefined));
}

describe('--live', () => {
  test.each([
    ['an administrator', true, ''],
    ['a user who may not list nodes', false, 'wasmgate: warning: Cannot list nodes'],
  ])('%s: lists once, and neither watches nor changes anything', async (_case, mayListNodes, warning) => {
    await using stage = await startReviewStage();
    await using api = await startScriptedApi([apiServer(mayListNodes)]);
    const server = api.connection.server.href;
    const kubeconfig = await stage.write(
      'kubeconfig',
      kubeconfigText({ server, certificateAuthority: '', token: 'x' }),
    );
    const pod = await stage.write('pod.yaml', podOf('a', 'bk-wasi-wasm'));
    const run = await stage.review(['-f', pod, '--live', '--kubeconfig', kubeconfig, '-o', 'json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      items: [{ outcome: 'changed', runtimeClass: { name: 'wasmtime', origin: 'chosen' } }],
    });
    expect(run.stderr).toContain(warning);
    const paths = Object.values(COLLECTIONS).map(({ path }) => path as string);
    const lists = api.seen.filter(({ path }) => paths.includes(path));
    expect(lists.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
    expect(api.seen.every(({ method, query }) => method === 'GET' && !query.has('watch'))).toBe(true);
  });

  test('an unreachable cluster is reported, exit code 1', async () => {
    await using stage = await startReviewStage();
    const kubeconfig = await stage.write(
      'kubeconfig',
      kubeconfigText({ server: 'http://127.0.0.1:1', certificateAuthority: '', token: 'x' }),
    );
    const pod = await stage.write('pod.yaml', podOf('a', 'linux-plain'));
    const run = await stage.review(['-f', pod, '--live'], { env: { KUBECONFIG: kubeconfig } });
    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain('Cannot list');
  });

  test('facts win over the cluster', async () => {
    await using stage = await startReviewStage();
    await using api = await startScriptedApi([apiServer(true)]);
    const server = api.connection.server.href;
    const kubeconfig = await stage.write(
      'kubeconfig',
      kubeconfigText({ server, certificateAuthority: '', token: 'x' }),
    );
    const facts = await stage.write(
      'class.yaml',
      '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: wasmtime}, handler: runc}',
    );
    const pod = await stage.write('pod.yaml', podOf('a', 'bk-wasi-wasm', '  runtimeClassName: wasmtime'));
    const { items } = await stage.report(['-f', pod, '--live', '--kubeconfig', kubeconfig, '--facts', facts]);
    expect(items).toMatchObject([{ outcome: 'refused', runtimeClass: { handler: 'runc' } }]);
  });
});
