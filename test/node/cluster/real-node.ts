import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { KubectlOptions } from '../../support/kubernetes/kubectl.ts';
import type { Output } from '../../support/lib/processes.ts';
import type { NodePrograms } from '../programs/find-node-programs.ts';
import { KUBECONFIG, nodeKubectl } from './control-plane.ts';
import { EXTRA_REGISTRIES, REGISTRY, STATE_FILE, STATE_FOLDER } from './node-settings.ts';

/** A running node. */
export interface RealNode {
  /** The administrator's. */
  readonly kubeconfig: string;
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<Output>;
  /** `127.0.0.1:PORT`, plain HTTP: the prefix of images. */
  readonly registry: string;
  /**
   * `ADDRESS:PORT` of registries that a test may start itself, plain HTTP. The node and wasmgate reach them by the same name; none of
   * them runs by default.
   */
  readonly extraRegistries: readonly string[];
  /** Logs and state. */
  readonly folder: string;
  /** Of containerd's configuration. */
  readonly handlers: readonly string[];
  readonly programs: NodePrograms;
  /** The digest of the image that wasmgate's Pods run. */
  readonly image: string;
}

/** Test processes find the node by the file that this names. */
export const STATE_VARIABLE = 'WASMGATE_NODE_STATE';

/** A running node, whatever is installed on it. */
export interface RunningNode {
  readonly handlers: readonly string[];
  readonly programs: NodePrograms;
  readonly kubectl: string;
}

/** The state file of a running node. */
export interface NodeState extends RunningNode {
  /** The digest of the image of wasmgate that was installed last. */
  readonly image: string;
  /** Whether the node stays when its run ends. */
  readonly kept: boolean;
}

export async function writeNodeState(state: NodeState): Promise<void> {
  await writeFile(STATE_FILE, JSON.stringify(state, null, 2));
}

/** Returns null if no node was started completely. */
export async function readNodeState(): Promise<NodeState | null> {
  const text = await readFile(STATE_FILE, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as NodeState);
}

export function realNode({ handlers, programs, kubectl, image }: NodeState): RealNode {
  return {
    kubeconfig: KUBECONFIG,
    kubectl: nodeKubectl(kubectl),
    registry: REGISTRY,
    extraRegistries: EXTRA_REGISTRIES,
    folder: STATE_FOLDER,
    handlers,
    programs,
    image,
  };
}

/**
 * Returns the node that tests run on.
 * @throws if `npm run test:node` has not started this process, and no node was kept
 */
export function useNode(): RealNode {
  const file = process.env[STATE_VARIABLE];
  if (file === undefined) {
    throw new Error(
      `There is no node: run "npm run test:node", or set ${STATE_VARIABLE} to the state file of a kept node`,
    );
  }
  return realNode(JSON.parse(readFileSync(file, 'utf8')) as NodeState);
}
