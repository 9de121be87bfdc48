import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { ClassOrigin } from './decision.ts';
import type { PodFacts, WasmContainer } from './facts.ts';
import type { HandlerProfile } from './handlers/handler-profiles.ts';
import type { PolicySettings } from './settings.ts';

/** The class a Pod is judged with: its own, or one that is tried on. */
export interface ResolvedClass {
  readonly origin: ClassOrigin;
  /** Null where the Pod has none: it then runs on the node's default runtime, or names a class that does not exist. */
  readonly class: RuntimeClass | null;
  /** Null where wasmgate does not know the handler, or nothing would run the Pod. */
  readonly profile: HandlerProfile | null;
}

/** The Pod is judged with no class, and no runtime that is known to run it. */
export const NO_CLASS: ResolvedClass = { origin: 'none', class: null, profile: null };

/** What a check reads that does not look at the class. */
export interface PodContext extends PodFacts {
  readonly settings: PolicySettings;
  readonly wasmContainers: readonly WasmContainer[];
}

/** What a check reads that judges the Pod with one class, and what every change reads. */
export interface PolicyContext extends PodContext {
  readonly resolved: ResolvedClass;
}

/** What a check reads that speaks of the choice itself, once it is made. */
export interface ChoiceContext extends PolicyContext {
  /** Whether any class, or no class, might run all containers of the Pod. Absent where nothing was tried on. */
  readonly isRunnable?: boolean;
}
