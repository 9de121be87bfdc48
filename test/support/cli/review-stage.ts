import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { REVIEW_OUTPUTS, type Report, type ReviewOutput } from '../../../src/cli/review/report.ts';
import { putFixtureImages } from '../image/fixture-images.ts';
import { startRegistry, type RegistryOptions } from '../registry/registry.ts';
import { runWasmgate, type WasmgateOptions, type WasmgateRun } from './run-wasmgate.ts';

/** Returns the other outputs of `review`, so that a new one is tested with them. */
export function outputsBeside(...excluded: readonly ReviewOutput[]): readonly ReviewOutput[] {
  return REVIEW_OUTPUTS.filter((output) => !excluded.includes(output));
}

export interface ReviewStage extends AsyncDisposable {
  readonly folder: string;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Writes a file into the folder, replaces `REGISTRY` by the registry with all fixture images, and returns its path. */
  readonly write: (name: string, text: string) => Promise<string>;
  readonly review: (args: readonly string[], options?: WasmgateOptions) => Promise<WasmgateRun>;
  /** Runs `review -o json` and parses its output. */
  readonly report: (args: readonly string[], options?: WasmgateOptions) => Promise<Report>;
}

/** Creates a folder for manifests, and a registry with the images `REGISTRY/corpus/<name of the fixture>`. */
export async function startReviewStage(options: RegistryOptions = {}): Promise<ReviewStage> {
  const registry = await startRegistry({ images: putFixtureImages, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-review-'));
  const review: ReviewStage['review'] = (args, more) => runWasmgate(['review', ...args], more);
  return {
    folder,
    host: registry.host,
    write: async (name, text) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text.replaceAll('REGISTRY', registry.host));
      return path;
    },
    review,
    report: async (args, more) => {
      const { stdout, stderr } = await review([...args, '-o', 'json'], more);
      if (stdout === '') throw new Error(`review printed only: ${stderr}`);
      return JSON.parse(stdout) as Report;
    },
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

interface SharedReviewStage extends Omit<ReviewStage, keyof AsyncDisposable> {
  /** Path of a file with `FACTS`. */
  readonly facts: string;
}

/** Shares one stage among all tests of a file. */
export function useReviewStage(): SharedReviewStage {
  let stage: ReviewStage;
  let facts: string;
  beforeAll(async () => {
    stage = await startReviewStage();
    facts = await stage.write('facts.yaml', FACTS);
  });
  afterAll(() => stage[Symbol.asyncDispose]());
  return {
    get folder() {
      return stage.folder;
    },
    get host() {
      return stage.host;
    },
    get facts() {
      return facts;
    },
    write: (name, text) => stage.write(name, text),
    review: (args, options) => stage.review(args, options),
    report: (args, options) => stage.report(args, options),
  };
}

/** Facts of a small cluster: four classes and a node that has their handlers. */
export const FACTS = `
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: wasmtime}
handler: wasmtime
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: wasmtime-spin-v2}
handler: spin
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: runc}
handler: runc
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
status:
  capacity: {cpu: "4"}
  nodeInfo: {architecture: amd64, operatingSystem: linux, containerRuntimeVersion: containerd://2.2.9}
  runtimeHandlers: [{name: ""}, {name: runc}, {name: wasmtime}, {name: spin}]
`;

/** Returns a Pod with one container of a fixture image. */
export function podOf(name: string, image: string, spec = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  containers:
    - {name: app, image: REGISTRY/corpus/${image}}
${spec}`;
}
