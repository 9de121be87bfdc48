import type { ChoiceRule, Explanation, PodRule, Rule } from '../check.ts';
import { FINDING_IDS } from '../finding-catalog.ts';
import { cpuExplanations } from '../resources/cpu-findings.ts';
import { limitsConflictExplanation } from '../resources/limits-conflict.ts';
import { memoryExplanations } from '../resources/memory-findings.ts';
import { annotationConflict } from './annotation-conflict.ts';
import { annotationDeliveryUnknown } from './annotation-delivery-unknown.ts';
import { commandNotInImage } from './command-not-in-image.ts';
import { commandRequired } from './command-required.ts';
import { componentOnModuleRuntime } from './component-on-module-runtime.ts';
import { daemonsetIgnoresClassScheduling } from './daemonset-ignores-class-scheduling.ts';
import { ephemeralContainerCannotRun } from './ephemeral-container-cannot-run.ts';
import { execProbeUnsupported } from './exec-probe-unsupported.ts';
import { exitCodeLost } from './exit-code-lost.ts';
import { fileNotWasm } from './file-not-wasm.ts';
import { handlerCannotRunImage } from './handler-cannot-run-image.ts';
import { handlerMayNotRunImage } from './handler-may-not-run-image.ts';
import { handlerNotOnEveryNode } from './handler-not-on-every-node.ts';
import { handlerOnNoNode } from './handler-on-no-node.ts';
import { imageChangedKind } from './image-changed-kind.ts';
import { imageIdentityShared } from './image-identity-shared.ts';
import { imageMayNotPull } from './image-may-not-pull.ts';
import { imageNeedsUnpackSetting } from './image-needs-unpack-setting.ts';
import { imageNotAWorkload } from './image-not-a-workload.ts';
import { imageNotForNodeArchitecture } from './image-not-for-node-architecture.ts';
import { imageUnknown } from './image-unknown.ts';
import { imageWillNotPull } from './image-will-not-pull.ts';
import { linuxContainerUnderCompat } from './linux-container-under-compat.ts';
import { mixedHandlersNeeded } from './mixed-handlers-needed.ts';
import { noRuntimeClassForImage } from './no-runtime-class-for-image.ts';
import { nodeSelectorConflict } from './node-selector-conflict.ts';
import { nodeTaintNotTolerated } from './node-taint-not-tolerated.ts';
import { overheadConflict } from './overhead-conflict.ts';
import { packagingAdvice } from './packaging-advice.ts';
import { readOnlyRootUnsupported } from './read-only-root-unsupported.ts';
import { resourceTierUnknown } from './resource-tier-unknown.ts';
import { runtimeClassMissing } from './runtime-class-missing.ts';
import { runtimeClassRequired } from './runtime-class-required.ts';
import { ttyUnsupported } from './tty-unsupported.ts';
import { userNamespaceUnsupported } from './user-namespace-unsupported.ts';
import { wasmEntryNotTaken } from './wasm-entry-not-taken.ts';
import { wasmImageWithoutRuntimeClass } from './wasm-image-without-runtime-class.ts';
import { watNotRunnable } from './wat-not-runnable.ts';

/** Rules that judge the Pod with one class. The choice of a class compares their findings. */
const classRules: readonly Rule[] = [
  annotationConflict,
  annotationDeliveryUnknown,
  componentOnModuleRuntime,
  daemonsetIgnoresClassScheduling,
  execProbeUnsupported,
  exitCodeLost,
  handlerCannotRunImage,
  handlerMayNotRunImage,
  handlerNotOnEveryNode,
  handlerOnNoNode,
  imageNeedsUnpackSetting,
  imageNotForNodeArchitecture,
  linuxContainerUnderCompat,
  nodeSelectorConflict,
  nodeTaintNotTolerated,
  overheadConflict,
  packagingAdvice,
  readOnlyRootUnsupported,
  ttyUnsupported,
  userNamespaceUnsupported,
  wasmEntryNotTaken,
];

/** Rules that do not depend on the class. */
const podRules: readonly PodRule[] = [
  commandRequired,
  fileNotWasm,
  imageIdentityShared,
  imageMayNotPull,
  imageNotAWorkload,
  imageWillNotPull,
  resourceTierUnknown,
];

/** Rules that judge the choice. */
const choiceRules: readonly ChoiceRule[] = [
  commandNotInImage,
  imageUnknown,
  mixedHandlersNeeded,
  noRuntimeClassForImage,
  runtimeClassMissing,
  runtimeClassRequired,
  wasmImageWithoutRuntimeClass,
  watNotRunnable,
];

/** Rules for updates: a changed image or a new ephemeral container. */
const updateOnlyRules: readonly Rule[] = [imageChangedKind, ephemeralContainerCannotRun];

/** The explanation of every finding, in the order of the catalog. */
export const explanations: readonly Explanation[] = [
  ...classRules,
  ...podRules,
  ...choiceRules,
  ...updateOnlyRules,
  ...cpuExplanations,
  ...memoryExplanations,
  limitsConflictExplanation,
].toSorted((left, right) => FINDING_IDS.indexOf(left.id) - FINDING_IDS.indexOf(right.id));

export const classChecks = classRules.map(({ check }) => check);
export const podChecks = podRules.map(({ check }) => check);
export const choiceChecks = choiceRules.map(({ check }) => check);

/** Checks for krustlets, which have no runtimes and no classes. */
export const krustletChecks = [imageNotAWorkload, imageUnknown].map(({ check }) => check);

/** Checks of what an update can break in an existing Pod. */
export const updateChecks = [
  ...updateOnlyRules,
  imageWillNotPull,
  imageMayNotPull,
  imageNotAWorkload,
  commandNotInImage,
  commandRequired,
  fileNotWasm,
  watNotRunnable,
  handlerMayNotRunImage,
  execProbeUnsupported,
  ttyUnsupported,
].map(({ check }) => check);
