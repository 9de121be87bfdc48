import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { run } from '../support/lib/processes.ts';
import { type AlertRule, readAlerts, readRuleFile } from '../support/monitoring/expressions.ts';
import { findPrometheus } from '../support/monitoring/prometheus.ts';
import { ALERT_CASES, type AlertCase } from './alert-cases.ts';

const promtool = await findPrometheus('promtool');
const ALERTS = readAlerts();

/** Replaces `{{ … }}`, so that a case states what each becomes, and texts stand in one place. */
function expand(annotations: AlertRule['annotations'], texts: AlertCase['texts'] = {}): object {
  const expanded = Object.entries(annotations).map(([name, text]) => {
    const filled = text.replaceAll(/\{\{ (.+?) \}\}/g, (_, expression: string) => {
      const value = texts[expression];
      if (value === undefined) throw new Error(`no text for {{ ${expression} }}`);
      return value;
    });
    return [name, filled] as const;
  });
  return Object.fromEntries(expanded);
}

function promtoolTest({ alert, when, series, minute, fires, texts }: AlertCase): object {
  const rule = ALERTS.find((known) => known.alert === alert);
  if (rule === undefined) throw new Error(`no alert ${alert}`);
  const exp_alerts = fires.map((labels) => ({
    exp_labels: { ...labels, ...rule.labels },
    exp_annotations: expand(rule.annotations, texts),
  }));
  return {
    name: `${alert}: ${when}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ alertname: alert, eval_time: `${minute}m`, exp_alerts }],
  };
}

test.each(ALERTS)('$alert has cases in which it fires, and cases in which it does not', ({ alert }) => {
  const cases = ALERT_CASES.filter((one) => one.alert === alert);
  expect(cases.filter(({ fires }) => fires.length > 0).length).toBeGreaterThan(0);
  expect(cases.filter(({ fires }) => fires.length === 0).length).toBeGreaterThan(0);
});

describe.skipIf(promtool.missing)(`the alerts in Prometheus${promtool.note}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-alerts-'));
    await writeFile(join(folder, 'rules.yaml'), stringify(readRuleFile()));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('promtool finds no fault in the rules', async () => {
    const { code, stdout, stderr } = await run('promtool', ['check', 'rules', join(folder, 'rules.yaml')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${ALERTS.length} rules found`);
  });

  test.each(ALERTS)('$alert fires in its cases, and only there', async ({ alert }) => {
    const file = join(folder, `${alert}.yaml`);
    const tests = ALERT_CASES.filter((one) => one.alert === alert).map(promtoolTest);
    await writeFile(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }));
    const { code, stdout, stderr } = await run('promtool', ['test', 'rules', file]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: expect.stringContaining('SUCCESS'),
      stderr: '',
    });
  });
});
