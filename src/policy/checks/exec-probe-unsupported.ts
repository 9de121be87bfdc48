import type { Container } from '../../pod/pod.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import type { Consequence } from '../finding-catalog.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';

interface ExecUse {
  readonly field: string;
  readonly effect: string;
  readonly consequence: Consequence;
}

/** Returns probes and hooks with exec. Measured on a real node: an unsupported exec is an error, not a failed probe. */
function execUses(container: Container): readonly ExecUse[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const uses: ExecUse[] = [];
  const add = (field: string, effect: string, consequence: Consequence): void =>
    void uses.push({ field, effect, consequence });
  if (lifecycle?.postStart?.exec) add('lifecycle.postStart.exec', 'the kubelet kills it', 'cannot-start');
  if (startupProbe?.exec) add('startupProbe.exec', 'the Pod never becomes ready', 'cannot-start');
  if (readinessProbe?.exec) add('readinessProbe.exec', 'the Pod never becomes ready', 'cannot-start');
  if (livenessProbe?.exec) add('livenessProbe.exec', 'the probe has no effect', 'degraded');
  if (lifecycle?.preStop?.exec) add('lifecycle.preStop.exec', 'the hook does not run', 'degraded');
  return uses;
}

function lacksExec({ withoutExec }: HandlerProfile, { verdict }: AssessedContainer): boolean {
  return withoutExec === 'all' || (withoutExec === 'wasm' && verdict.kind === 'wasm');
}

export const execProbeUnsupported: Rule = {
  id: 'exec-probe-unsupported',
  why:
    'No program can be executed inside a Wasm container, and runwasi shims execute none in Linux sidecars either. The ' +
    'kubelet ignores an exec liveness probe forever (`Liveness probe errored and resulted in unknown state`, ' +
    '`/containerd.task.v2.Task/Exec is not supported`, or `the handler does not support exec` on crun). A readiness ' +
    'or startup probe never succeeds, and a postStart hook kills its container (FailedPostStartHook).',
  checks:
    "Probes and lifecycle hooks of every container under a shim's class, and of Wasm containers under crun's.",
  exempts: 'httpGet, tcpSocket, grpc and sleep; Linux containers beside Wasm ones under crun.',
  example: 'A service-mesh sidecar with an exec readiness probe, in a Pod with runtimeClassName: wasmtime.',
  fix: 'Use httpGet, tcpSocket or grpc probes, and remove exec hooks.',
  check: ({ resolved, containers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (profile === null) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const uses = lacksExec(profile, assessed) ? execUses(assessed.container) : [];
      const [first] = uses;
      if (first === undefined) return [];
      return {
        id: 'exec-probe-unsupported' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} sets ${uses.map(({ field }) => field).join(', ')}, and ${describeClass(runtimeClass)} does not support exec: ${first.effect}`,
        consequence: first.consequence,
        advice: first.field.startsWith('lifecycle')
          ? 'Remove the hook, or use httpGet or sleep.'
          : 'Use httpGet, tcpSocket or grpc.',
      };
    });
  },
};
