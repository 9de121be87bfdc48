import { readdirSync, readFileSync } from 'node:fs';
import { findPrograms } from '../../e2e/testbed/find-programs.ts';
import { apply, must } from '../../support/kubernetes/kubectl.ts';
import { startKubernetesServer, type KubernetesServer } from '../../support/kubernetes/kubernetes-server.ts';
import { namespace } from '../../support/kubernetes/objects.ts';
import { waitFor } from '../../support/lib/processes.ts';
import { startBenchRegistry } from '../bench-images.ts';
import type { Bench, Row } from '../bench-row.ts';
import { createDryRunClients, type DryRunOptions } from '../dry-runs.ts';
import { meterForeignWork } from '../foreign-work.ts';
import { startServer, type ServerProcess } from '../server-process.ts';
import { bareFastify, setUpStage } from '../stage.ts';
import { isTooBusy, judgeRatio, median, percentile } from '../statistics.ts';
import { webhookConfigurations } from '../webhook-configurations.ts';

const LIMITS = { ratio: 0.9 } as const;

const DEFAULTS = {
  pairs: { full: 7, quick: 2 },
  roundMilliseconds: 2000,
  warmUpMilliseconds: { full: 4000, quick: 2000 },
} as const;

const NAMESPACES = { wasmgate: 'bench-wasmgate', bare: 'bench-bare' } as const;

const CLASSES = new URL('../../../manifests/runtime-classes/', import.meta.url);

async function install(
  { kubectl }: KubernetesServer,
  servers: { readonly webhook: ServerProcess; readonly bare: ServerProcess },
  ca: string,
): Promise<void> {
  const files = readdirSync(CLASSES).filter(
    (file) => file.endsWith('.yaml') && file !== 'kustomization.yaml',
  );
  for (const file of files) {
    const stdin = readFileSync(new URL(file, CLASSES), 'utf8');
    await must(kubectl(['apply', '-f', '-'], { stdin }));
  }
  await must(
    apply(
      kubectl,
      Object.values(NAMESPACES).map((name) => namespace(name)),
    ),
  );
  const { webhook, bare } = servers;
  await must(
    apply(kubectl, [
      ...webhookConfigurations({ port: webhook.port, ca, namespace: NAMESPACES.wasmgate }),
      ...webhookConfigurations({ port: bare.port, ca, namespace: NAMESPACES.bare }),
    ]),
  );
}

async function measurePairs(bench: Bench, kubernetes: KubernetesServer, rounds: readonly DryRunOptions[]) {
  const size = bench.isQuick ? 'quick' : 'full';
  await using clients = await createDryRunClients(kubernetes);
  for (const options of rounds) {
    // The API server calls a new webhook a moment after it has stored the configuration.
    const isCalled = async (): Promise<boolean> =>
      await clients.create(options).then(
        () => true,
        () => false,
      );
    await waitFor(isCalled, { what: `the webhook of ${options.namespace}`, seconds: 60 });
    await clients.run(DEFAULTS.warmUpMilliseconds[size], options);
  }
  const pairs: (readonly { readonly perSecond: number; readonly p99: number }[])[] = [];
  for (let pair = 0; pair < DEFAULTS.pairs[size]; pair += 1) {
    const figures: { readonly perSecond: number; readonly p99: number }[] = [];
    for (const options of rounds) {
      const { perSecond, latencies } = await clients.run(DEFAULTS.roundMilliseconds, options);
      figures.push({ perSecond, p99: percentile(latencies, 0.99) });
    }
    pairs.push(figures);
  }
  return pairs;
}

export const apiServer: Row = {
  name: 'api-server',
  figure: 'Pods created through a real API server, compared with bare Fastify',
  how: 'server-side dry run, 16 clients, the shipped mutating and validating configurations; median ratio of pairs of rounds',
  run: async (bench) => {
    const programs = await findPrograms(['etcd', 'kube-apiserver', 'kubectl']);
    if (programs.kind === 'missing') return { kind: 'skipped', reason: programs.reason };
    await using served = await startBenchRegistry();
    const { registry, images } = served;
    await using stage = await setUpStage(bench, { registry, namespaces: Object.values(NAMESPACES) });
    await using webhook = await startServer(stage.inCluster, bench);
    await using bare = await startServer(bareFastify(bench), bench);
    await using kubernetes = await startKubernetesServer(programs.paths);
    await install(kubernetes, { webhook, bare }, bench.bundle.certificate.caCert);
    const meters = [meterForeignWork(bench.pinning, 'servers'), meterForeignWork(bench.pinning, 'load')];
    const pairs = await measurePairs(bench, kubernetes, [
      { namespace: NAMESPACES.wasmgate, images, isChanged: true },
      { namespace: NAMESPACES.bare, images, isChanged: false },
    ]);
    const isBusy = isTooBusy(meters.map((meter) => meter()));
    const of = (index: number, key: 'perSecond' | 'p99'): readonly number[] =>
      pairs.map((pair) => pair[index]?.[key] ?? Number.NaN);
    const [own, other] = [of(0, 'perSecond'), of(1, 'perSecond')];
    const [late, otherLate] = [of(0, 'p99'), of(1, 'p99')];
    const rate = median(own.map((value, index) => value / (other[index] ?? Number.NaN)));
    const delay = median(late.map((value, index) => (otherLate[index] ?? Number.NaN) / value));
    return {
      kind: 'measured',
      readings: [
        {
          of: 'creates/s, wasmgate ÷ bare Fastify',
          value: `${rate.toFixed(2)}; ${median(own).toFixed(0)} ÷ ${median(other).toFixed(0)} /s`,
          goal: `≥ ${LIMITS.ratio}`,
          outcome: judgeRatio(rate >= LIMITS.ratio, isBusy),
          numbers: { ratio: rate, perSecond: median(own), barePerSecond: median(other) },
        },
        {
          of: 'p99, bare Fastify ÷ wasmgate',
          value: `${delay.toFixed(2)}; ${median(otherLate).toFixed(1)} ÷ ${median(late).toFixed(1)} ms`,
          goal: `≥ ${LIMITS.ratio}`,
          outcome: judgeRatio(delay >= LIMITS.ratio, isBusy),
          numbers: { ratio: delay, milliseconds: median(late), bareMilliseconds: median(otherLate) },
        },
      ],
    };
  },
};
