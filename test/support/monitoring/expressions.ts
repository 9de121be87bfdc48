import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DASHBOARD } from '../../pages/dashboard/dashboard.ts';

const COMPONENT = join(import.meta.dirname, '..', '..', '..', 'manifests', 'components', 'monitoring');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook', string>>;
}

/** The `spec` of a PrometheusRule, which is a rule file of Prometheus. */
interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

export function readRuleFile(): RuleFile {
  const { spec } = parse(readFileSync(join(COMPONENT, 'prometheus-rule.yaml'), 'utf8')) as {
    readonly spec: RuleFile;
  };
  return spec;
}

export function readAlerts(): readonly AlertRule[] {
  return readRuleFile().groups.flatMap(({ rules }) => rules);
}

export interface Expression {
  /** The alert, or the panel and its query. */
  readonly where: string;
  readonly expr: string;
}

/** Returns the queries of the dashboard, with the variables as Grafana writes them if everything is selected. */
export function dashboardExpressions(): readonly Expression[] {
  return (DASHBOARD.panels ?? []).flatMap((panel) =>
    (('targets' in panel && panel.targets) || []).map((target) => ({
      where: `panel ${panel.title}, ${String(target['refId'])}`,
      expr: String(target['expr']),
    })),
  );
}

export function ruleExpressions(): readonly Expression[] {
  return readAlerts().map(({ alert, expr }) => ({ where: alert, expr }));
}
