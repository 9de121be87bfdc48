import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject } from '../../src/lib/json.ts';
import { SCENARIOS } from '../../src/policy/settings.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { type KubernetesObject, MANIFESTS, renderManifests, writeOverlay } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const resources = [await customResources('cert-manager'), await customResources('prometheus-operator')];
const isMissing = servers.missing || resources.some(({ missing }) => missing);
const note = [servers, ...resources].map((found) => found.note).join('');
const COMPONENTS = readdirSync(join(MANIFESTS, 'components')).toSorted();
const COMBINATIONS = subsets(COMPONENTS)
  .filter(({ length }) => length > 1)
  .map((combination) => ({ combination, title: combination.join(', ') }));

/** Each combination is the sum of these, as the test of effects shows. */
const APPLIED = [[], ...COMPONENTS.map((name) => [name]), COMPONENTS];

/** Each value of rendered objects, by the path to it. */
type Values = ReadonlyMap<string, unknown>;

describe.skipIf(isMissing)(`components${note}`, () => {
  let kubernetes: KubernetesServer;
  let base: Values;
  let alone: ReadonlyMap<string, Values>;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    for (const { install } of resources) await install(kubernetes.kubectl);
    base = await render([]);
    const rendered = COMPONENTS.map(async (name) => [name, await render([name])] as const);
    alone = new Map(await Promise.all(rendered));
  });
  afterAll(() => kubernetes?.stop());

  async function render(components: readonly string[]): Promise<Values> {
    await using overlay = await writeOverlay(components);
    return valuesOf(await renderManifests(kubernetes.kubectl, overlay.folder));
  }

  test.each(COMPONENTS)('%s changes something', (name) => {
    expect(alone.get(name)).not.toEqual(base);
  });

  test.each(COMBINATIONS)('$title: each has its effect, in either order', async ({ combination }) => {
    const combined = await render(combination);
    expect(await render(combination.toReversed())).toEqual(combined);
    const own = combination.map((name) => alone.get(name) ?? base);
    for (const path of new Set([base, combined, ...own].flatMap((values) => [...values.keys()]))) {
      const changed = new Set(
        own.map((values) => values.get(path)).filter((value) => value !== base.get(path)),
      );
      const [expected] = changed.size === 0 ? [base.get(path)] : changed;
      expect({ path, changes: changed.size, value: combined.get(path) }).toEqual({
        path,
        // Two components may agree on a value, but not contradict each other.
        changes: Math.min(changed.size, 1),
        value: expected,
      });
    }
  });

  /** wasmgate and cert-manager write these: an empty one in the manifests would undo it at each apply. */
  test('no CA and no certificate is in the manifests', async () => {
    const everything = await Promise.all([
      ...COMBINATIONS.map(({ combination }) => render(combination)),
      ...SCENARIOS.map((scenario) =>
        renderManifests(kubernetes.kubectl, `overlays/${scenario}`).then(valuesOf),
      ),
    ]);
    const paths = [base, ...everything].flatMap((values) => [...values.keys()]);
    expect(paths.filter((path) => path.endsWith('.caBundle'))).toEqual([]);
    const secret = [...base.keys()].filter((path) => path.startsWith('Secret '));
    expect(secret.filter((path) => !/\.(?:apiVersion|kind|metadata\.[^:]+)$/.test(path))).toEqual([]);
    expect(secret).not.toEqual([]);
  });

  test.each(APPLIED.map((names) => ({ names, title: names.join(', ') || 'base' })))(
    '$title: the API server accepts it without warnings',
    async ({ names }) => {
      await using overlay = await writeOverlay(names);
      const dryRun = names.length === 0 ? [] : ['--dry-run=server'];
      const args = ['apply', '-k', overlay.folder, '--server-side', '--validate=strict', ...dryRun];
      expect(await kubernetes.kubectl(args)).toMatchObject({ code: 0, stderr: '' });
    },
  );
});

function subsets(names: readonly string[]): readonly (readonly string[])[] {
  return names.reduce<readonly (readonly string[])[]>(
    (found, name) => [...found, ...found.map((subset) => [...subset, name])],
    [[]],
  );
}

function valuesOf(objects: readonly KubernetesObject[]): Values {
  const values = new Map<string, unknown>();
  for (const object of objects) {
    const { name, namespace = '' } = object.metadata;
    collect(values, `${object.kind} ${namespace}/${name}`, object);
  }
  return values;
}

/** Addresses entries of lists by their name if they have one, because a component may insert others before them. */
function collect(values: Map<string, unknown>, path: string, value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach((entry: unknown, index) => {
      const key = isObject(entry) && typeof entry['name'] === 'string' ? entry['name'] : index;
      collect(values, `${path}[${key}]`, entry);
    });
  } else if (isObject(value)) {
    for (const [key, entry] of Object.entries(value)) collect(values, `${path}.${key}`, entry);
  } else {
    values.set(path, value);
  }
}
