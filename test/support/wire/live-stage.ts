import { rename, writeFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { createDeadline, type DecidedAssessment } from '../../../src/assess/assessment.ts';
import { createFixedCluster } from '../../../src/kubernetes/fixed-cluster.ts';
import { readState, type ConfigurationState } from '../../../src/wire/configuration-state.ts';
import { createLiveAssess, type LiveAssess } from '../../../src/wire/live-assess.ts';
import { createRecordingLogger, type RecordingLogger } from '../assess/recording-logger.ts';
import { pod } from '../pod/pods.ts';
import { writeFiles } from '../registry/hosts-files.ts';

const FLAGS = {
  kubeconfig: undefined,
  host: undefined,
  port: undefined,
  metricsPort: undefined,
  certDir: undefined,
  developmentCertificates: undefined,
  logLevel: undefined,
  logFormat: undefined,
};

type Flags = Partial<Parameters<typeof readState>[0]>;

/** A configuration file with the files that it names, in a folder of its own. */
export interface ConfigurationFolder {
  /** Returns the path of a file. */
  readonly at: (name: string) => string;
  /** Replaces a file atomically. */
  readonly write: (name: string, text: string) => Promise<void>;
  /** Replaces the sections of the configuration file. */
  readonly configure: (sections: object) => Promise<void>;
  readonly read: (flags?: Flags) => Promise<ConfigurationState>;
}

const FILE = 'wasmgate.yaml';

function textOf(sections: object): string {
  return JSON.stringify({ apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', ...sections });
}

/** @param files named ones, by their path in the folder */
export async function createConfigurationFolder(
  sections: (at: ConfigurationFolder['at']) => object,
  files: Readonly<Record<string, string>> = {},
): Promise<ConfigurationFolder> {
  const folder = await writeFiles(files);
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const { at } = folder;
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(at('draft'), text);
    await rename(at('draft'), at(name));
  };
  const configure = (changed: object): Promise<void> => write(FILE, textOf(changed));
  await configure(sections(at));
  return { at, write, configure, read: (flags = {}) => readState({ ...FLAGS, config: at(FILE), ...flags }) };
}

export interface LiveStage extends RecordingLogger {
  readonly live: LiveAssess;
  /** Assesses a Pod with this image, as the validating webhook does. */
  readonly assess: (image: string) => Promise<DecidedAssessment>;
  /** Returns what the image is for a Pod, or why it is unknown. */
  readonly verdict: (image: string) => Promise<string>;
  /** Reads the files again and applies them. */
  readonly reload: () => Promise<void>;
}

/** Creates the use case under a configuration, with a cluster that has a class for Wasm. */
export async function createLiveStage(files: ConfigurationFolder): Promise<LiveStage> {
  const recording = createRecordingLogger();
  const { logger } = recording;
  const wasmtime = {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'wasmtime' },
    handler: 'wasmtime',
  };
  const parts = { ...createFixedCluster([wasmtime], 'team-a'), logger, surroundings: { env: {}, logger } };
  const live = await createLiveAssess(parts, await files.read(), {
    checkMilliseconds: 2,
    longestMilliseconds: 60_000,
  });
  onTestFinished(live.close);
  const assess = async (image: string): Promise<DecidedAssessment> => {
    const assessment = await live.assess({
      subject: 'pod',
      pod: pod({ containers: [{ image }] }),
      namespace: 'team-a',
      step: 'validate',
      deadline: createDeadline(60_000),
    });
    if (assessment.kind === 'skipped') throw new Error(`it was skipped: ${assessment.reason}`);
    return assessment;
  };
  const verdict = async (image: string): Promise<string> => {
    const [container] = (await assess(image)).containers;
    if (container === undefined) throw new Error('it has no container');
    return container.verdict.kind === 'unknown' ? container.verdict.reason : container.verdict.kind;
  };
  return { ...recording, live, assess, verdict, reload: async () => live.apply(await files.read()) };
}
