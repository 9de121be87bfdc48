import type { Check, Rule } from '../check.ts';
import { annotationConflict } from './annotation-conflict.ts';
import { commandRequired } from './command-required.ts';
import { handlerCannotRunImage } from './handler-cannot-run-image.ts';
import { handlerOnNoNode } from './handler-on-no-node.ts';
import { imageNeedsUnpackSetting } from './image-needs-unpack-setting.ts';
import { imageNotAWorkload } from './image-not-a-workload.ts';
import { imageUnknown } from './image-unknown.ts';
import { imageWillNotPull } from './image-will-not-pull.ts';
import { linuxContainerUnderCompat } from './linux-container-under-compat.ts';
import { mixedHandlersNeeded } from './mixed-handlers-needed.ts';
import { noRuntimeClassForImage } from './no-runtime-class-for-image.ts';
import { nodeSelectorConflict } from './node-selector-conflict.ts';
import { overheadConflict } from './overhead-conflict.ts';
import { runtimeClassMissing } from './runtime-class-missing.ts';
import { wasmImageWithoutRuntimeClass } from './wasm-image-without-runtime-class.ts';

/** In the order in which a person would want to hear them: the class, the image, the Pod's own fields, the nodes. */
export const rules: readonly Rule[] = [
  runtimeClassMissing,
  noRuntimeClassForImage,
  mixedHandlersNeeded,
  handlerCannotRunImage,
  wasmImageWithoutRuntimeClass,
  imageWillNotPull,
  imageNotAWorkload,
  imageUnknown,
  commandRequired,
  nodeSelectorConflict,
  overheadConflict,
  linuxContainerUnderCompat,
  annotationConflict,
  handlerOnNoNode,
  imageNeedsUnpackSetting,
];

export const checks: readonly Check[] = rules.map(({ check }) => check);
