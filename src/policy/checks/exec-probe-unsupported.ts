import type { Container } from '../../pod/pod.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers/can-run.ts';

interface ExecUse {
  readonly field: string;
  readonly consequence: string;
}

/** As they showed on a real node: an exec that the runtime does not know is an error, not a failed probe. */
function execUses(container: Container): readonly ExecUse[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const uses: ExecUse[] = [];
  if (lifecycle?.postStart?.exec)
    uses.push({ field: 'lifecycle.postStart.exec', consequence: 'the container is killed at its start' });
  if (startupProbe?.exec)
    uses.push({ field: 'startupProbe.exec', consequence: 'the Pod never becomes ready' });
  if (readinessProbe?.exec)
    uses.push({ field: 'readinessProbe.exec', consequence: 'the Pod never becomes ready' });
  if (livenessProbe?.exec) uses.push({ field: 'livenessProbe.exec', consequence: 'the probe has no effect' });
  if (lifecycle?.preStop?.exec)
    uses.push({ field: 'lifecycle.preStop.exec', consequence: 'the hook does not run' });
  return uses;
}

function isWithoutExec({ withoutExec }: HandlerProfile, { verdict }: AssessedContainer): boolean {
  return withoutExec === 'all' || (withoutExec === 'wasm' && verdict.kind === 'wasm');
}

export const execProbeUnsupported: Rule = {
  id: 'exec-probe-unsupported',
  why:
    'Nothing can be executed inside a Wasm container, and runwasi shims execute nothing in Linux sidecars either. An exec ' +
    'liveness probe is then passed over for ever, a readiness or startup probe never succeeds, and a postStart hook kills ' +
    'its container.',
  reads:
    "Probes and lifecycle hooks of every container under a shim's class, and of Wasm containers under crun's.",
  allows: 'httpGet, tcpSocket, grpc and sleep; Linux containers beside Wasm ones under crun.',
  example: 'A service-mesh sidecar with an exec readiness probe in a Pod with runtimeClassName: wasmtime.',
  cure: 'Probe by httpGet, tcpSocket or grpc instead, and leave exec hooks out.',
  check: ({ resolved, containers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile === null) return NO_FINDINGS;
    return containers.flatMap((assessed) => {
      const uses = isWithoutExec(profile, assessed) ? execUses(assessed.container) : [];
      const [first] = uses;
      if (first === undefined) return [];
      return {
        id: 'exec-probe-unsupported' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} uses ${uses.map(({ field }) => field).join(', ')}, and ${describeClass(runtimeClass)} cannot execute anything in it: ${first.consequence}`,
        advice: first.field.startsWith('lifecycle')
          ? 'Leave the exec hook out, or use httpGet or sleep.'
          : 'Probe by httpGet, tcpSocket or grpc.',
      };
    });
  },
};
