import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { SCENARIOS } from '../../../src/policy/settings.ts';
import { withRegistry } from './example-images.ts';
import { MANIFESTS } from './install.ts';

const FOLDER = join(MANIFESTS, 'examples');

/** The cluster that all examples are judged against. */
export const EXAMPLE_FACTS = join(FOLDER, 'findings', 'facts');

/** What the first line of an object says about its outcome: `# Denied, with handler-cannot-run-image.` */
export interface ExpectedOutcome {
  /** As in review's JSON. */
  readonly outcome: string;
  readonly runtimeClass: string | undefined;
  readonly finding: string | undefined;
}

export interface Example {
  readonly id: string;
  readonly text: string;
  /** The configuration that the example is for. */
  readonly configuration: string;
  /** One for each judged object, in their order. */
  readonly expected: readonly ExpectedOutcome[];
}

const EXPECTED =
  /^# (?<outcome>Admitted|Changed|Denied|Undecided)(?:, under (?<runtimeClass>[\w-]+))?(?:, with (?<finding>[a-z-]+))?\.$/gm;

/** A later line may name the scenario that it applies to. */
const SCENARIO = /^# In scenario (?<scenario>[a-z-]+) /m;

function expectedOf(text: string): readonly ExpectedOutcome[] {
  return [...text.matchAll(EXPECTED)].map(({ groups = {} }) => ({
    outcome: groups['outcome'] === 'Denied' ? 'refused' : (groups['outcome'] ?? '').toLowerCase(),
    runtimeClass: groups['runtimeClass'],
    finding: groups['finding'],
  }));
}

function load(folder: string, configurationOf: (id: string, text: string) => string): readonly Example[] {
  return readdirSync(join(FOLDER, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const id = name.replace(/\.yaml$/, '');
      const text = readFileSync(join(FOLDER, folder, name), 'utf8');
      return { id, text, configuration: configurationOf(id, text), expected: expectedOf(text) };
    });
}

/** One for each finding. */
export const findingExamples = load(
  'findings',
  (_id, text) => SCENARIO.exec(text)?.groups?.['scenario'] ?? 'mixed',
);

/** One for each scenario, under the configuration that manifests/overlays has for it. */
export const scenarioExamples = load('scenarios', (id) => `overlay-${id}`);

const HEAD = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration' } as const;

/** Every configuration that examples are for, by name: the bare scenarios, and the shipped ones. */
export const EXAMPLE_CONFIGURATIONS: Readonly<Record<string, object>> = Object.fromEntries(
  SCENARIOS.flatMap((scenario): [string, object][] => {
    const shipped = readFileSync(join(MANIFESTS, 'overlays', scenario, 'configuration.yaml'), 'utf8');
    return [
      [scenario, { ...HEAD, policy: { scenario } }],
      [`overlay-${scenario}`, parse(shipped) as object],
    ];
  }),
);

/** Returns the arguments of `review` for the example, its configuration and the cluster, with images that exist. */
export async function reviewArguments(
  { id, text, configuration }: Example,
  { host, write }: { host: string; write: (name: string, text: string) => Promise<string> },
): Promise<readonly string[]> {
  const file = await write(`${configuration}-${id}.yaml`, withRegistry(text, host));
  const settings = stringify(EXAMPLE_CONFIGURATIONS[configuration]);
  const config = await write(`configurations/${configuration}.yaml`, settings);
  return ['-f', file, '--facts', EXAMPLE_FACTS, '--config', config];
}
