import { describe, expect, test } from 'vitest';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, pod } from '../../support/kubernetes/objects.ts';
import { readSeries } from '../../support/telemetry/exposition.ts';

const { kubectl, facts, missing, note } = useStage();

async function scrape(): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`http://127.0.0.1:${facts.metricsPort}/metrics`);
  return readSeries(await answer.text());
}

const RESOURCES = ['runtimeclasses', 'namespaces', 'nodes', 'limitranges'] as const;

describe.skipIf(missing)(`metrics of a wasmgate in a cluster${note}`, () => {
  test('every watch works, with a recent contact', async () => {
    const series = await scrape();
    for (const resource of RESOURCES) {
      expect(series[`wasmgate_watch_synced{resource="${resource}"}`]).toBe(1);
      const contact = series[`wasmgate_watch_last_contact_timestamp_seconds{resource="${resource}"}`] ?? 0;
      // Epoch seconds: a watch that is silent for 200 s is restarted.
      expect(Date.now() / 1000 - contact).toBeLessThan(600);
    }
  });

  test('an admitted Pod is counted by both webhooks', async () => {
    const namespace = await createNamespace(kubectl, 'counted');
    const before = await scrape();
    const spec = { containers: [{ name: 'app', image: facts.images.module }] };
    await must(apply(kubectl, [pod('counted', namespace, { spec })]));
    const after = await scrape();
    // Other tests create Pods at the same time.
    for (const series of [
      'wasmgate_admissions_total{endpoint="mutate",outcome="patched"}',
      'wasmgate_admissions_total{endpoint="validate",outcome="allowed"}',
      'wasmgate_decisions_total{endpoint="mutate",mode="enforce",outcome="changed"}',
      'wasmgate_admission_duration_seconds_count{endpoint="validate"}',
    ]) {
      const risen = (after[series] ?? 0) > (before[series] ?? 0);
      expect({ series, risen }).toEqual({ series, risen: true });
    }
  });
});
