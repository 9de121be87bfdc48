import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { ClassOrigin } from './decision.ts';
import type { PodFacts, WasmContainer } from './facts.ts';
import type { HandlerProfile } from './handlers/can-run.ts';
import type { PolicySettings } from './settings.ts';

/** The class the Pod will have, once the choice is made. */
export interface ResolvedClass {
  readonly origin: ClassOrigin;
  /** Null where the Pod names none that exists and none could be chosen. */
  readonly class: RuntimeClass | null;
  /** Null where there is no class, or its handler is one that wasmgate knows nothing of. */
  readonly profile: HandlerProfile | null;
}

/** What every check and change reads. */
export interface PolicyContext extends PodFacts {
  readonly settings: PolicySettings;
  readonly resolved: ResolvedClass;
  readonly wasmContainers: readonly WasmContainer[];
}
