import type { DescribedImage } from '../../assess/inspect/image-report.ts';
import type { Platform } from '../../image/platform.ts';
import type { Reference } from '../../image/reference.ts';
import type { Io } from '../io.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The command line, understood. */
export interface InspectRequest {
  readonly reference: Reference;
  readonly platform: Platform | null;
  /** Whether the cluster of the kubeconfig is asked for its nodes. */
  readonly isLive: boolean;
  readonly kubeconfig: string | undefined;
  /** As a Pod's `command`; null: the image's own. */
  readonly command: readonly string[] | null;
  /** Null: what docker configs and plugins have. */
  readonly login: Login | null;
  /** Folder of a docker config; undefined: where docker and podman look. */
  readonly dockerConfig: string | undefined;
  readonly providers: { readonly config: string; readonly binDir: string } | undefined;
  readonly plainHttp: boolean;
  readonly caFile: string | undefined;
  readonly milliseconds: number;
  /** Whether to look inside the layers where the manifest leaves something open. */
  readonly peek: boolean;
}

export interface InspectDeps {
  readonly inspect: (request: InspectRequest, io: Io) => Promise<DescribedImage>;
  /** The whole of standard input. */
  readonly readInput: () => Promise<string>;
}
