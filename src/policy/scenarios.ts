import { isObject, property, type JsonObject } from '../image/json.ts';
import { SCENARIOS, type PolicySettings, type Scenario } from './settings.ts';

type Stated<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Stated<Value[Key]> }
    : Value;

/** Sections of the configuration file. */
interface ScenarioDefaults {
  readonly policy?: Stated<PolicySettings>;
  readonly images?: JsonObject;
}

/** What each scenario says where the file itself says nothing; all else is as in every scenario. */
export const SCENARIO_DEFAULTS: Readonly<Record<Scenario, ScenarioDefaults>> = {
  mixed: {},
  'wasm-first': {
    policy: { onUnknownImage: 'deny', findings: { 'runtime-class-required': 'deny' } },
  },
  edge: {
    policy: {
      preferShims: true,
      resources: { tier: 'edge', linuxRequests: { memory: '100Mi', cpu: '200m' } },
    },
    images: {
      // A tag that moved is seen a day later: a node that is cut off could not pull it either.
      tagSeconds: 86_400,
      // An unsteady network is not asked again with every Pod.
      staleSeconds: 600,
    },
  },
};

function isScenario(value: unknown): value is Scenario {
  return (SCENARIOS as readonly unknown[]).includes(value);
}

/** Defaults for a file that states this, in the shape of the file. */
export function scenarioDefaults(stated: JsonObject): JsonObject {
  const policy = property(stated, 'policy');
  const scenario = isObject(policy) ? property(policy, 'scenario') : undefined;
  return isScenario(scenario) ? { ...SCENARIO_DEFAULTS[scenario] } : {};
}
