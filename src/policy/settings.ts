import { Type, type Static } from 'typebox';
import { stringEnum } from '../lib/string-enum.ts';
import { findingActions } from './finding-actions.ts';
import { handlerSettings } from './handlers/handler-table.ts';
import { MODES } from './mode.ts';

const strict = { additionalProperties: false } as const;

const toleration = Type.Object(
  {
    key: Type.Optional(Type.String()),
    operator: Type.Optional(Type.Union([Type.Literal('Equal'), Type.Literal('Exists')])),
    value: Type.Optional(Type.String()),
    effect: Type.Optional(
      Type.Union([Type.Literal('NoSchedule'), Type.Literal('PreferNoSchedule'), Type.Literal('NoExecute')]),
    ),
    tolerationSeconds: Type.Optional(Type.Integer()),
  },
  strict,
);

export const TIERS = ['edge', 'light', 'standard', 'data', 'ai'] as const;
export type Tier = (typeof TIERS)[number];
/** `none`: nothing is injected. */
export const TIER_CHOICES = [...TIERS, 'none'] as const;
export type TierChoice = (typeof TIER_CHOICES)[number];

/** Ready-made defaults: see scenarios.ts. */
export const SCENARIOS = ['mixed', 'wasm-first', 'edge'] as const;
export type Scenario = (typeof SCENARIOS)[number];

function quantity(example: string, description: string) {
  const title = `quantity such as ${example}`;
  return Type.String({ pattern: '^[0-9]+([.][0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$', title, description });
}

/** The part of the configuration that the policy reads; every default stands here, or for a scenario in scenarios.ts. */
export const policySettings = Type.Object(
  {
    scenario: stringEnum(SCENARIOS, {
      default: 'mixed',
      description:
        'Which defaults apply to keys that the file does not state: Linux and Wasm side by side; Wasm as the rule, Linux only on purpose; or few small nodes with an unsteady network. "wasmgate config defaults edge" prints those of one.',
    }),
    mode: stringEnum(MODES, {
      default: 'enforce',
      description: 'What happens to a Pod by default; the namespace label wasmgate.dev/mode overrides it.',
    }),
    onUnknownImage: stringEnum(['allow', 'deny'], {
      default: 'allow',
      description: 'What happens to a Pod when the registry does not tell what its image is.',
    }),
    findings: findingActions,
    preferRuntimeClasses: Type.Array(Type.String(), {
      default: [],
      description:
        'RuntimeClass names or handlers, most wanted first. They come before all other classes, unless the Pod would be denied or could not start with them.',
    }),
    preferShims: Type.Boolean({
      default: false,
      description:
        'Prefer shims of containerd to crun where nothing else speaks against either: whether the Pod starts, its nodes, and what it would lose.',
    }),
    handlers: handlerSettings,
    linuxHandlers: Type.Array(Type.String({ minLength: 1 }), {
      default: ['runc', 'crun', 'runsc', 'kata*'],
      description:
        'Handlers of RuntimeClasses that Linux Pods name on purpose, with * for anything; what finding runtime-class-required asks for.',
    }),
    variantAnnotation: stringEnum(['always', 'when-needed', 'never'], {
      default: 'always',
      description:
        'When Wasm Pods get the annotation module.wasm.image/variant: compat-smart, which crun reads.',
    }),
    spinCommand: Type.Boolean({
      default: true,
      description:
        'Give Spin and slight applications without a command the command ["/"] that their shim expects.',
    }),
    tolerations: Type.Array(toleration, {
      default: [],
      description: 'Tolerations that every Wasm Pod gets, beside those of its RuntimeClass.',
    }),
    krustlet: Type.Boolean({
      default: false,
      description:
        'Send modules as wasm-to-oci pushes them to krustlet nodes, which alone run them; off, only Pods that select such nodes.',
    }),
    pinDigests: Type.Union([Type.Boolean(), Type.Literal('all')], {
      default: false,
      description:
        'Write the digest that a tag stands for into the image of Wasm containers, or of all containers.',
    }),
    resources: Type.Object(
      {
        tier: stringEnum(TIER_CHOICES, {
          default: 'standard',
          description:
            'Requests and limits for Wasm containers that set none; none injects nothing. The label wasmgate.dev/resource-tier of a namespace overrides it, and the annotation of that name on a Pod overrides both.',
        }),
        cpuLimit: Type.Boolean({ default: true, description: 'Whether a CPU limit is injected, too.' }),
        linuxRequests: Type.Optional(
          Type.Object(
            { memory: quantity('100Mi', 'Of each container.'), cpu: quantity('200m', 'Of each container.') },
            {
              ...strict,
              description:
                'Requests for Linux containers that set no resources at all, in namespaces that ask for it by the label wasmgate.dev/linux-requests: "true". No limits.',
            },
          ),
        ),
      },
      { ...strict, default: {} },
    ),
    refuseTemplates: Type.Boolean({
      default: false,
      description:
        'Refuse workloads whose Pods would be refused, rather than warn. Those that a controller writes are never refused.',
    }),
    peek: stringEnum(['off', 'when-needed'], {
      default: 'when-needed',
      description:
        "Whether wasmgate reads the first bytes of an image's layers, at most 256 KiB: if the image shows a sign of Wasm and its manifest leaves open what it is or imports, if it is small (at most three layers, 8 MiB together), and before it denies a Pod because of an ordinary image.",
    }),
    skipImages: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Images never asked for, as patterns of registry/repository with *: "internal.example/*"; those of Docker Hub by their short names, too: "istio/*", "nginx".',
    }),
    systemNamespaces: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Namespaces that are never judged, with * for anything: "openshift-*". Those of Kubernetes and of wasmgate itself never are.',
    }),
    allowSkipAnnotation: Type.Boolean({
      default: false,
      description: 'Whether a Pod may opt out by the annotation wasmgate.dev/skip: "true".',
    }),
  },
  { ...strict, default: {} },
);

export type PolicySettings = Static<typeof policySettings>;
