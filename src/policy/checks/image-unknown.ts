import type { UnknownVerdict } from '../../detect/verdict.ts';
import { CHOSEN_CLASS_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import type { ChoiceRule, PolicyContext } from '../check.ts';
import type { AssessedContainer } from '../facts.ts';
import { namesWasmArgument } from '../has-sign-of-wasm.ts';

/** crun runs Linux containers as well: its class says nothing unless another container is Wasm. */
function hasWasmRuntime({ resolved, wasmContainers }: PolicyContext): boolean {
  if (resolved.profile === null || resolved.profile.engine === 'linux') return false;
  return resolved.profile.engine !== 'crun' || wasmContainers.length > 0;
}

/** Its form is one that no runtime is known to run, such as js/wasm. */
function isBuiltForWasm({ facts }: AssessedContainer): boolean {
  return facts?.variants.some(({ config }) => config.platform.architecture === 'wasm') === true;
}

function hintsAtWasm(context: PolicyContext, assessed: AssessedContainer): boolean {
  const { pod } = context;
  if (hasWasmRuntime(context)) return true;
  if (pod.metadata?.annotations?.[VARIANT_ANNOTATION] !== undefined) return true;
  return namesWasmArgument(assessed.container) || isBuiltForWasm(assessed);
}

/**
 * Another replica chose the class, which it does for the sake of a Wasm image alone: the one image that is not known here, in
 * time, is known there. To warn of it would be wrong; where unknown images are refused, the annotation proves nothing.
 */
function wasKnownBefore({ pod, resolved, containers, wasmContainers }: PolicyContext): boolean {
  const chosen = pod.metadata?.annotations?.[CHOSEN_CLASS_ANNOTATION];
  if (chosen === undefined || chosen !== resolved.class?.name || wasmContainers.length > 0) return false;
  const [unknown, ...others] = containers.filter(({ verdict }) => verdict.kind === 'unknown');
  return unknown?.verdict.kind === 'unknown' && unknown.verdict.reason === 'timeout' && others.length === 0;
}

/** What to do where the verdict itself does not say. */
function adviceFor({ container, image }: AssessedContainer, verdict: UnknownVerdict): string {
  if (image === '') return 'Name its image.';
  const staysUnknown = verdict.reason === 'unsupported' || container.imagePullPolicy === 'Never';
  return staysUnknown
    ? 'If it is Wasm, set spec.runtimeClassName yourself, to a class that runs it: wasmgate changed nothing for this container.'
    : 'wasmgate changed nothing for this container; once its image can be read, delete the Pod if it was admitted, and apply again.';
}

export const imageUnknown: ChoiceRule = {
  id: 'image-unknown',
  why:
    'A Pod whose image cannot be known may be Wasm and fail later; but a registry that wasmgate cannot ' +
    'reach must not put a warning on every Pod, so only Pods that hint at Wasm are told of, unless the ' +
    'operator refuses all unknowns.',
  checks:
    "Images that are unknown, and for hints the class's handler, the variant annotation, .wasm arguments and the platform of " +
    'an image that was read.',
  exempts: 'Images on the skip list.',
  example: 'A private image without a pull secret, in a Pod with runtimeClassName: wasmtime.',
  fix:
    'Let wasmgate read the image as the node will: a pull secret that holds for it, a registry it can ' +
    'reach; then apply again.',
  check: (context) =>
    context.containers.flatMap((assessed) => {
      const { container, image, verdict, isSkipped } = assessed;
      if (verdict.kind !== 'unknown' || isSkipped) return [];
      const isAllowed = context.settings.onUnknownImage === 'allow';
      if (isAllowed && (!hintsAtWasm(context, assessed) || wasKnownBefore(context))) return [];
      return {
        id: 'image-unknown' as const,
        container: container.name,
        detail:
          image === ''
            ? `container "${container.name}" names no image`
            : `container "${container.name}": it is not known what image ${image} is (${verdict.reason}): ${verdict.detail}`,
        advice: verdict.advice ?? adviceFor(assessed, verdict),
      };
    }),
};
