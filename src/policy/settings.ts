import { Type, type Static } from 'typebox';
import { stringEnum } from '../lib/string-enum.ts';
import { ACTIONS, type Action } from './decision.ts';
import { FINDING_IDS, type FindingId } from './finding-catalog.ts';
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
/** `none` injects nothing. */
export const TIER_CHOICES = [...TIERS, 'none'] as const;
export type TierChoice = (typeof TIER_CHOICES)[number];

/** Sets of defaults; POLICY_SCENARIOS holds them. */
export const SCENARIOS = ['mixed', 'wasm-first', 'edge'] as const;
export type Scenario = (typeof SCENARIOS)[number];

function quantity(example: string, description: string) {
  const title = `quantity such as ${example}`;
  return Type.String({ pattern: '^[0-9]+([.][0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$', title, description });
}

type FindingActions = Readonly<Partial<Record<FindingId, Action>>>;

const action = Type.Union(ACTIONS.map((word) => Type.Literal(word)));

/** The operator's actions for single findings; an unknown finding is rejected. */
const findingActions = Type.Unsafe<FindingActions>(
  Type.Record(Type.String(), action, {
    propertyNames: { enum: FINDING_IDS },
    default: {},
    description:
      'What a finding does in mode enforce, for findings whose default does not suit you; "wasmgate explain" lists all of them.',
  }),
);

const findingId = Type.Unsafe<FindingId>(
  Type.Union(
    FINDING_IDS.map((id) => Type.Literal(id)),
    { title: 'the id of a finding ("wasmgate explain" lists them)' },
  ),
);

const exceptions = Type.Array(
  Type.Object(
    {
      namespaces: Type.Array(Type.String({ minLength: 1 })),
      findings: Type.Array(findingId),
    },
    strict,
  ),
  {
    default: [],
    description:
      'Findings that neither deny nor warn in these namespaces (* is a wildcard): [{namespaces: ["legacy-*"], findings: [handler-on-no-node]}]. The audit annotation "excepted" and the metric wasmgate_findings_total still report them.',
  },
);

/** The part of the configuration that the policy reads, with every default that does not depend on the scenario. */
export const policySettings = Type.Object(
  {
    scenario: stringEnum(SCENARIOS, {
      default: 'mixed',
      description:
        'Which defaults apply to keys that the file does not set. mixed: Linux and Wasm side by side; wasm-first: Wasm unless a Pod requests Linux; edge: few small nodes with an unreliable network. "wasmgate config defaults edge" prints the defaults of one.',
    }),
    mode: stringEnum(MODES, {
      default: 'enforce',
      description:
        'What happens to a Pod by default; the namespace label wasmgate.dev/mode overrides it. A namespace has one mode; enforce, warn and audit of Pod Security Admission are three independent labels.',
    }),
    warnInAudit: Type.Boolean({
      default: true,
      description:
        'Whether kubectl prints, in mode audit, one line about each Pod or workload that wasmgate would change, deny or warn about. The audit log and the metrics always have it.',
    }),
    onUnknownImage: stringEnum(['allow', 'deny'], {
      default: 'allow',
      description: 'What happens to a Pod if wasmgate cannot read its image from the registry.',
    }),
    findings: findingActions,
    exceptions,
    helpUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[!-~]{1,120}$',
        title: 'URL of at most 128 characters such as https://wiki.example.com/wasm#',
        description:
          'Start of a link that every message about a finding ends with; the id of the finding follows it: https://wiki.example.com/wasm#handler-on-no-node.',
      }),
    ),
    preferRuntimeClasses: Type.Array(Type.String(), {
      default: [],
      description:
        'RuntimeClass names or handlers, most preferred first. wasmgate chooses them before all other classes, unless the Pod would be denied or could not start with them.',
    }),
    preferShims: Type.Boolean({
      default: false,
      description:
        'Prefer containerd shims to crun if the Pod would start, find nodes and work equally well with either.',
    }),
    handlers: handlerSettings,
    linuxHandlers: Type.Array(Type.String({ minLength: 1 }), {
      default: ['runc', 'crun', 'runsc', 'kata*'],
      description:
        'Handlers of the RuntimeClasses for Linux Pods, with * as a wildcard; finding runtime-class-required requires one of them.',
    }),
    variantAnnotation: stringEnum(['always', 'when-needed', 'never'], {
      default: 'always',
      description:
        'When wasmgate adds the annotation module.wasm.image/variant: compat-smart, which crun reads, to Wasm Pods.',
    }),
    spinCommand: Type.Boolean({
      default: true,
      description:
        'Give Spin and slight applications that have no command the command ["/"], as their shims expect.',
    }),
    tolerations: Type.Array(toleration, {
      default: [],
      description: 'Tolerations that wasmgate adds to every Wasm Pod, besides those of its RuntimeClass.',
    }),
    krustlet: Type.Boolean({
      default: false,
      description:
        'Send modules that wasm-to-oci pushed to krustlet nodes, the only ones that run them. If false, this applies only to Pods that select such nodes.',
    }),
    pinDigests: Type.Union([Type.Boolean(), Type.Literal('all')], {
      default: false,
      description:
        'Pin the tag of an image to its digest: in Wasm containers (true) or in all containers (all).',
    }),
    resources: Type.Object(
      {
        tier: stringEnum(TIER_CHOICES, {
          default: 'standard',
          description:
            'Requests and limits for Wasm containers that set none; "none" injects nothing. The namespace label wasmgate.dev/resource-tier overrides it; the Pod annotation of that name overrides both.',
        }),
        cpuLimit: Type.Boolean({ default: true, description: 'Whether wasmgate also injects a CPU limit.' }),
        linuxRequests: Type.Optional(
          Type.Object(
            { memory: quantity('100Mi', 'Per container.'), cpu: quantity('200m', 'Per container.') },
            {
              ...strict,
              description:
                'Requests, without limits, for Linux containers that set no resources, in namespaces with the label wasmgate.dev/linux-requests: "true".',
            },
          ),
        ),
      },
      { ...strict, default: {} },
    ),
    refuseTemplates: Type.Boolean({
      default: false,
      description:
        'Deny workloads whose Pods would be denied, instead of warning. wasmgate never denies a workload that a controller created.',
    }),
    peek: stringEnum(['off', 'when-needed'], {
      default: 'when-needed',
      description:
        "Whether wasmgate reads the first bytes of an image's layers, at most 256 KiB: if the image shows a sign of Wasm and its manifest does not say what it is or imports; if it is small (at most three layers, 8 MiB together); and before denying a Pod because of an ordinary image.",
    }),
    skipImages: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Images that wasmgate never looks up, as patterns of registry/repository with *: "internal.example/*"; images of Docker Hub also by their short names: "istio/*", "nginx".',
    }),
    systemNamespaces: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Namespaces that wasmgate ignores, besides those of Kubernetes and its own; * is a wildcard: "openshift-*".',
    }),
    allowSkipAnnotation: Type.Boolean({
      default: false,
      description: 'Whether a Pod may opt out with the annotation wasmgate.dev/skip: "true".',
    }),
  },
  { ...strict, default: {} },
);

export type PolicySettings = Static<typeof policySettings>;

type DeepPartial<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value;

/** The defaults of each scenario that differ from those in the schema. */
export const POLICY_SCENARIOS: Readonly<Record<Scenario, DeepPartial<PolicySettings>>> = {
  mixed: {},
  'wasm-first': { onUnknownImage: 'deny', findings: { 'runtime-class-required': 'deny' } },
  edge: {
    preferShims: true,
    resources: { tier: 'edge', linuxRequests: { memory: '100Mi', cpu: '200m' } },
  },
};
