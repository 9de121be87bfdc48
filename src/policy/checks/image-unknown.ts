import { withoutImage, type UnknownVerdict } from '../../detect/verdict.ts';
import { CHOSEN_CLASS_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import type { ChoiceRule, PolicyContext } from '../check.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { namesWasmArgument } from '../has-sign-of-wasm.ts';

/** Reports whether the class is a sign of Wasm. crun also runs Linux containers, so its class is one only beside Wasm. */
function hasWasmRuntime({ resolved, wasmContainers }: PolicyContext): boolean {
  if (resolved.profile === null || resolved.profile.engine === 'linux') return false;
  return resolved.profile.engine !== 'crun' || wasmContainers.length > 0;
}

/** Reports whether the image is for a Wasm platform that no known runtime runs, such as js/wasm. */
function isBuiltForWasm({ facts }: AssessedContainer): boolean {
  return facts?.variants.some(({ config }) => config.platform.architecture === 'wasm') === true;
}

function suggestsWasm(context: PolicyContext, assessed: AssessedContainer): boolean {
  const { pod } = context;
  if (hasWasmRuntime(context)) return true;
  if (pod.metadata?.annotations?.[VARIANT_ANNOTATION] !== undefined) return true;
  return namesWasmArgument(assessed.container) || isBuiltForWasm(assessed);
}

/**
 * Reports whether another replica knows the image: it chose the class, which it does only for a Wasm image, and this is the only
 * unknown one. A warning would then be wrong. If policy denies unknown images, the annotation proves nothing.
 */
function isKnownElsewhere({ pod, resolved, containers, wasmContainers }: PolicyContext): boolean {
  const chosen = pod.metadata?.annotations?.[CHOSEN_CLASS_ANNOTATION];
  if (chosen === undefined || chosen !== resolved.class?.name || wasmContainers.length > 0) return false;
  const [unknown, ...others] = containers.filter(({ verdict }) => verdict.kind === 'unknown');
  return unknown?.verdict.kind === 'unknown' && unknown.verdict.reason === 'timeout' && others.length === 0;
}

/** Returns the advice if the verdict has none. */
function adviceFor({ container, image }: AssessedContainer, verdict: UnknownVerdict): string {
  if (image === '') return 'Set its image.';
  const staysUnknown = verdict.reason === 'unsupported' || container.imagePullPolicy === 'Never';
  return staysUnknown
    ? 'If it is Wasm, set runtimeClassName to a class that runs it.'
    : 'Delete the Pod and apply again once wasmgate can read the image.';
}

export const imageUnknown: ChoiceRule = {
  id: 'image-unknown',
  why:
    'A Pod whose image is unknown may be Wasm and fail later. While a registry is unreachable, wasmgate warns only ' +
    'about Pods that show signs of Wasm, unless policy.onUnknownImage is deny; otherwise every Pod would get a ' +
    'warning.',
  checks:
    "Unknown images. Signs of Wasm are the class's handler, the variant annotation, .wasm arguments, and the platform " +
    'of an image that was read.',
  exempts: 'Images on the skip list.',
  example: 'A private image without a pull secret, in a Pod with runtimeClassName: wasmtime.',
  fix:
    'Let wasmgate read the image as the node does, with a valid pull secret and access to the registry; then apply ' +
    'again.',
  check: (context) =>
    context.containers.flatMap((assessed) => {
      const { container, image, verdict, isSkipped } = assessed;
      if (verdict.kind !== 'unknown' || isSkipped) return [];
      const isAllowed = context.settings.onUnknownImage === 'allow';
      if (isAllowed && (!suggestsWasm(context, assessed) || isKnownElsewhere(context))) return [];
      return {
        id: 'image-unknown' as const,
        container: container.name,
        detail:
          image === ''
            ? `container "${container.name}" has no image`
            : `${describeContainer(assessed)} has an unknown image (${verdict.reason}): ${withoutImage(verdict.detail)}`,
        advice: verdict.advice ?? adviceFor(assessed, verdict),
      };
    }),
};
