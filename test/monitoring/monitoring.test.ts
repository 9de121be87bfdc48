import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createWebhookMetrics } from '../../src/wire/webhook-metrics.ts';
import { DASHBOARD } from '../pages/dashboard/dashboard.ts';
import { dashboardExpressions, readAlerts, ruleExpressions } from '../support/monitoring/expressions.ts';

const MANUAL = readFileSync(join(import.meta.dirname, '..', '..', 'manifests', 'README.md'), 'utf8');
const PLAIN_MANUAL = MANUAL.replaceAll('`', '');

/** What Prometheus adds to the targets that it scrapes, and what histograms have. */
const TARGET_LABELS = ['job', 'pod', 'instance', 'le'];

/** Metrics of the API server with their labels, as test/e2e/monitoring.test.ts sees them. */
const OTHER_METRICS: Readonly<Record<string, readonly string[]>> = {
  apiserver_admission_webhook_fail_open_count: ['name', 'type'],
  apiserver_admission_webhook_rejection_count: ['name', 'type', 'operation', 'error_type', 'rejection_code'],
  apiserver_admission_webhook_admission_duration_seconds: ['name', 'type', 'operation', 'rejected'],
};

const metrics = createWebhookMetrics(
  '0',
  { states: () => ({}) as never },
  new AbortController().signal,
).describe();

function labelsOf(name: string): Readonly<Record<string, readonly string[] | null>> | undefined {
  const own = metrics.find((metric) => metric.name === name)?.labels;
  if (own !== undefined) return own;
  const others = OTHER_METRICS[name];
  return others && Object.fromEntries(others.map((label) => [label, null]));
}

const SELECTOR =
  /\b((?:wasmgate|process|nodejs|apiserver)_[a-z_]+?)(?:_bucket|_sum)?(?:\{([^}]*)\}|\b(?![_{]))/g;

describe('every expression of alerts and dashboard', () => {
  test.each([...ruleExpressions(), ...dashboardExpressions()])(
    '$where: uses only metrics, labels and values that exist',
    ({ expr }) => {
      const selectors = [...expr.matchAll(SELECTOR)];
      expect(selectors.length).toBeGreaterThan(0);
      for (const [, name = '', matchers = ''] of selectors) {
        const labels = labelsOf(name);
        expect({ name, isThere: labels !== undefined }).toEqual({ name, isThere: true });
        for (const [, label = '', operator, values = ''] of matchers.matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
          expect([...TARGET_LABELS, ...Object.keys(labels ?? {})]).toContain(label);
          const known = labels?.[label];
          // A variable, or a label whose values others own.
          if (known === undefined || known === null) continue;
          expect(known).toEqual(expect.arrayContaining(operator === '=~' ? values.split('|') : [values]));
        }
      }
      for (const [, grouped = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
        const possible = selectors.flatMap(([, name = '']) => Object.keys(labelsOf(name) ?? {}));
        expect(['cluster', 'namespace', ...TARGET_LABELS, ...possible]).toEqual(
          expect.arrayContaining(grouped.split(', ')),
        );
      }
    },
  );

  test('uses each metric of wasmgate at least once', () => {
    const all = [...ruleExpressions(), ...dashboardExpressions()].map(({ expr }) => expr).join('\n');
    expect(metrics.map(({ name }) => name).filter((name) => !all.includes(name))).toEqual([]);
  });
});

describe('alerts', () => {
  const alerts = readAlerts();

  test('the manual lists exactly these, with their severities', () => {
    const [, table = ''] = /\n### Alerts\n([\s\S]*?)\n## /.exec(MANUAL) ?? [];
    const rows = [...table.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, alert, severity]) => [
      alert,
      severity,
    ]);
    expect(rows).toEqual(alerts.map(({ alert, labels }) => [alert, labels.severity]));
  });

  test.each(alerts)(
    '$alert: has a severity, and leads to a part of the manual',
    ({ labels, annotations }) => {
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook']);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.summary.length).toBeLessThan(100);
      expect(annotations.description).toMatch(/\.$/);
      const [, heading = '', row] =
        /^manifests\/README\.md, "([^"]+)"(?:: (.+))?$/.exec(annotations.runbook) ?? [];
      expect(MANUAL).toMatch(new RegExp(`^##+ ${heading}$`, 'm'));
      if (row !== undefined) expect(PLAIN_MANUAL).toContain(`\n| ${row}`);
    },
  );
});

describe('the dashboard', () => {
  const panels = DASHBOARD.panels ?? [];

  test('has panels with ids, titles, units, descriptions and queries of their own', () => {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(panels.length);
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(panels.length);
    for (const panel of panels) {
      if (panel.type === 'row') continue;
      expect(panel).toMatchObject({
        title: expect.stringMatching(/./),
        description: expect.stringMatching(/\.$/),
        fieldConfig: { defaults: { unit: expect.stringMatching(/./) } },
        targets: [expect.anything(), ...(('targets' in panel && panel.targets) || []).slice(1)],
      });
    }
  });

  test('has no panels that overlap or leave the grid', () => {
    const places = panels.map(({ gridPos }) => gridPos ?? { x: 0, y: 0, w: 0, h: 0 });
    const cells = places.flatMap(({ x, y, w, h }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(places.filter(({ x, w, h }) => x + w > 24 || w < 1 || h < 1)).toEqual([]);
    expect(cells.length).toBe(new Set(cells).size);
  });

  test('uses only variables that it has, or that Grafana knows', () => {
    const names = DASHBOARD.templating?.list?.map(({ name }) => name) ?? [];
    const used = [...JSON.stringify(DASHBOARD).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set([...names, '__rate_interval', '__range', '__all']));
  });
});
