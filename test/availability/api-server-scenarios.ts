import { setTimeout as sleep } from 'node:timers/promises';
import { getJson, must } from '../support/kubernetes/kubectl.ts';
import { seconds, underLoad, type Scenario } from './scenario.ts';
import type { AvailabilityStage } from './stage.ts';

export const stoppedApiServer: Scenario = {
  name: 'stopped-api-server',
  title: 'the API server stops, and returns',
  run: (stage, pace) =>
    underLoad(stage, pace, async (elapsed) => {
      let until = elapsed();
      await stage.kubernetes.restartApiServer(async () => {
        await sleep(pace.outageMilliseconds);
        until = elapsed();
      });
      const ready = elapsed();
      return {
        // An API server that is not ready gets no requests in a cluster: a load balancer or the clients avoid it.
        excuse: ({ at }) => at < ready,
        remarks: [
          `down for ${seconds(pace.outageMilliseconds)}, and ready ${seconds(ready - until)} after its start`,
        ],
      };
    }),
};

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly rules: readonly Rule[];
}

/** A permission, and the words of the log that name it. */
interface Permission {
  readonly role: readonly [kind: 'clusterrole' | 'role', name: string];
  readonly resource: string;
  readonly verb: string;
}

const PERMISSIONS: readonly Permission[] = [
  { role: ['clusterrole', 'wasmgate'], resource: 'runtimeclasses', verb: 'watch' },
  { role: ['clusterrole', 'wasmgate'], resource: 'runtimeclasses', verb: 'list' },
  { role: ['clusterrole', 'wasmgate'], resource: 'namespaces', verb: 'list' },
  { role: ['clusterrole', 'wasmgate'], resource: 'nodes', verb: 'list' },
  { role: ['clusterrole', 'wasmgate'], resource: 'pods', verb: 'get' },
  { role: ['clusterrole', 'wasmgate'], resource: 'events', verb: 'create' },
  {
    role: ['clusterrole', 'wasmgate-certificates'],
    resource: 'mutatingwebhookconfigurations',
    verb: 'patch',
  },
  { role: ['clusterrole', 'wasmgate-certificates'], resource: 'mutatingwebhookconfigurations', verb: 'get' },
  { role: ['role', 'wasmgate-certificates'], resource: 'secrets', verb: 'get' },
  { role: ['role', 'wasmgate-certificates'], resource: 'secrets', verb: 'update' },
  { role: ['clusterrole', 'wasmgate-warm-start'], resource: 'pods', verb: 'list' },
  { role: ['role', 'wasmgate-warm-start'], resource: 'secrets', verb: 'patch' },
  { role: ['clusterrole', 'wasmgate-pull-secrets'], resource: 'secrets', verb: 'get' },
];

function without(rules: readonly Rule[], { resource, verb }: Permission): readonly Rule[] {
  return rules.map((rule) =>
    rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
  );
}

async function setRules(
  stage: AvailabilityStage,
  { role }: Permission,
  rules: readonly Rule[],
): Promise<void> {
  // RBAC rejects a rule without verbs.
  const valid = rules.filter(({ verbs }) => verbs.length > 0);
  const patch = JSON.stringify({ rules: valid });
  await must(
    stage.kubernetes.kubectl(['patch', ...role, '-n', 'wasmgate-system', '--type=merge', `-p=${patch}`]),
  );
}

export const removedVerb: Scenario = {
  name: 'removed-permission',
  title: 'each permission is removed and granted again while replicas run',
  run: (stage, pace) =>
    underLoad(stage, pace, async () => {
      for (const permission of PERMISSIONS) {
        const { rules } = await getJson<Role>(stage.kubernetes.kubectl, [
          ...permission.role,
          '-n',
          'wasmgate-system',
        ]);
        await setRules(stage, permission, without(rules, permission));
        await sleep(pace.calmMilliseconds / 2);
        await setRules(stage, permission, rules);
      }
      return {};
    }),
};
