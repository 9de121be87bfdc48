import type { Check, Rule } from '../check.ts';
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

/** At creation. In the order in which a person would want to hear them: the class, the image, the Pod's fields, the nodes. */
const ofCreation: readonly Rule[] = [
  runtimeClassMissing,
  runtimeClassRequired,
  noRuntimeClassForImage,
  mixedHandlersNeeded,
  handlerCannotRunImage,
  handlerMayNotRunImage,
  wasmEntryNotTaken,
  wasmImageWithoutRuntimeClass,
  imageWillNotPull,
  imageMayNotPull,
  imageNotAWorkload,
  imageUnknown,
  commandNotInImage,
  fileNotWasm,
  watNotRunnable,
  componentOnModuleRuntime,
  imageIdentityShared,
  commandRequired,
  nodeSelectorConflict,
  overheadConflict,
  linuxContainerUnderCompat,
  annotationConflict,
  annotationDeliveryUnknown,
  execProbeUnsupported,
  readOnlyRootUnsupported,
  ttyUnsupported,
  userNamespaceUnsupported,
  exitCodeLost,
  resourceTierUnknown,
  handlerOnNoNode,
  handlerNotOnEveryNode,
  nodeTaintNotTolerated,
  daemonsetIgnoresClassScheduling,
  imageNotForNodeArchitecture,
  imageNeedsUnpackSetting,
  packagingAdvice,
];

/** When an image of a Pod changes, or it gets an ephemeral container. */
const ofUpdate: readonly Rule[] = [imageChangedKind, ephemeralContainerCannotRun];

export const rules: readonly Rule[] = [...ofCreation, ...ofUpdate];

export const checks: readonly Check[] = ofCreation.map(({ check }) => check);

/** A krustlet has neither runtimes nor classes that could fit or not. */
export const krustletChecks: readonly Check[] = [imageNotAWorkload, imageUnknown].map(({ check }) => check);

/** `kubectl debug -it` asks for a terminal. */
export const updateChecks: readonly Check[] = [...ofUpdate, ttyUnsupported].map(({ check }) => check);
