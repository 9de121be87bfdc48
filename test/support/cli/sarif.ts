import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll } from 'vitest';
import { useReviewStage } from './review-stage.ts';

interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
    readonly region: { readonly startLine: number };
  };
}

export interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly SarifLocation[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

export interface SarifRun {
  readonly tool: {
    readonly driver: { readonly rules: readonly { readonly id: string; readonly helpUri: string }[] };
  };
  readonly originalUriBaseIds: Readonly<Record<string, { readonly uri: string }>>;
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly exitCode: number;
    readonly toolExecutionNotifications: readonly {
      readonly descriptor: { readonly id: string };
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly SarifLocation[];
    }[];
  }[];
  readonly results: readonly SarifResult[];
}

/** A Deployment with four findings, in lines 15, 23, 12 and 18. */
export const WORKLOAD = `# web
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {}
  template:
    spec:
      runtimeClassName: wasmtime
      hostUsers: false
      initContainers:
        - name: first
          image: REGISTRY/corpus/spin-v2-app
      containers:
        - name: app
          resources:
            limits:
              memory: 1Mi
          image: REGISTRY/corpus/bk-wasi-wasm
        - image: REGISTRY/corpus/bk-wasi-wasm
          tty: true
          name: other
`;

/** OASIS, sarif-spec, sarif-2.1/schema/sarif-schema-2.1.0.json. */
const SCHEMA = new URL('sarif-2.1.0.schema.json', import.meta.url);

let validate: ValidateFunction | undefined;

/** Compiles the schema, which is of draft 4 by name only: it uses nothing that draft 7 reads otherwise. */
async function compile(): Promise<ValidateFunction> {
  const {
    id: _id,
    $schema: _draft,
    ...schema
  } = JSON.parse(await readFile(SCHEMA, 'utf8')) as Record<string, unknown>;
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

/**
 * Parses a log and checks it against the official schema.
 * @throws Error with what is wrong
 */
export async function parseSarif(text: string): Promise<SarifRun> {
  validate ??= await compile();
  const log: unknown = JSON.parse(text);
  if (!validate(log)) throw new Error(`not SARIF 2.1.0: ${JSON.stringify(validate.errors, null, 1)}`);
  const [run] = (log as { readonly runs: readonly SarifRun[] }).runs;
  if (run === undefined) throw new Error('there is no run');
  return run;
}

/** Returns `ruleId uri:line` of each result. */
export function placesOf({ results }: SarifRun): readonly string[] {
  return results.map(({ ruleId, locations }) => {
    const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
    return `${ruleId} ${artifactLocation?.uri}:${region?.startLine}`;
  });
}

interface SarifOptions {
  readonly args?: readonly string[];
  /** Where the user runs it; default: the root. */
  readonly folder?: string;
}

interface RepositoryStage {
  readonly root: string;
  readonly stage: ReturnType<typeof useReviewStage>;
  /** Writes a file of the repository and returns its path. */
  readonly write: (name: string, text: string) => Promise<string>;
  /** Reviews files, relative to the repository, with `-o sarif`, and validates the output. */
  readonly sarif: (files: readonly string[], options?: SarifOptions) => Promise<SarifRun>;
}

/** Shares a stage with a Git repository among all tests of a file. */
export function useRepositoryStage(): RepositoryStage {
  const stage = useReviewStage();
  const rootOf = (): string => join(stage.folder, 'repository');
  beforeAll(() => mkdir(join(rootOf(), '.git'), { recursive: true }));
  return {
    get root() {
      return rootOf();
    },
    stage,
    write: (name, text) => stage.write(join('repository', name), text),
    sarif: async (files, { args = [], folder = '' } = {}) => {
      const paths = files.flatMap((file) => ['-f', join(rootOf(), file)]);
      const run = await stage.review([...paths, '--facts', stage.facts, '-o', 'sarif', ...args], {
        folder: join(rootOf(), folder),
      });
      return parseSarif(run.stdout);
    },
  };
}
