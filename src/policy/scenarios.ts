import type { PolicySettings, Scenario } from './settings.ts';

type Stated<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Stated<Value[Key]> }
    : Value;

/** What each scenario says of the policy where the file itself says nothing; all else is as in every scenario. */
export const POLICY_SCENARIOS: Readonly<Record<Scenario, Stated<PolicySettings>>> = {
  mixed: {},
  'wasm-first': { onUnknownImage: 'deny', findings: { 'runtime-class-required': 'deny' } },
  edge: {
    preferShims: true,
    resources: { tier: 'edge', linuxRequests: { memory: '100Mi', cpu: '200m' } },
  },
};
