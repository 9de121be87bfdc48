import type { Mutation } from '../check.ts';
import { addTolerations } from './add-tolerations.ts';
import { setRuntimeClass } from './set-runtime-class.ts';
import { setSpinCommand } from './set-spin-command.ts';
import { setVariantAnnotation } from './set-variant-annotation.ts';

/** In the order of a Pod's fields. Resources follow separately, because they have findings of their own. */
export const mutations: readonly Mutation[] = [
  setVariantAnnotation,
  setRuntimeClass,
  addTolerations,
  setSpinCommand,
];
