import { stringify } from 'yaml';
import { readRuleFile } from '../support/monitoring/expressions.ts';

/** manifests/chart/files/rules.yaml: the rules of components/monitoring, which a chart cannot read. */
export function chartRules(): string {
  return `# npm run pages writes this from ../../components/monitoring/prometheus-rule.yaml.\n${stringify(readRuleFile(), { lineWidth: 0 })}`;
}
