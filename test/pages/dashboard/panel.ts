/** A query with its legend; the legend of a panel with one value is empty. */
export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

interface ShownPanel {
  readonly title: string;
  readonly description: string;
  /** An id of Grafana's units; `short` is a plain number. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface StatPanel extends ShownPanel {
  readonly kind: 'stat';
  /** From which values on a color applies. */
  readonly thresholds: readonly (readonly [from: number | null, color: 'green' | 'orange' | 'red'])[];
  /** Words instead of numbers. */
  readonly words?: Readonly<Record<number, string>>;
}

interface GraphPanel extends ShownPanel {
  readonly kind: 'graph';
  readonly isStacked?: boolean;
}

/** The largest values of the selected time, as bars. */
interface BarsPanel extends ShownPanel {
  readonly kind: 'bars';
}

export type DashboardPanel = StatPanel | GraphPanel | BarsPanel;

export interface DashboardRow {
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
}

/** What the variables at the top of the dashboard select. */
const SELECTED = 'job=~"$job",pod=~"$pod"';
export const WEBHOOKS = 'name=~".+[.]wasmgate[.]dev"';

export function of(name: string, matchers = ''): string {
  return `${name}{${[SELECTED, matchers].filter((text) => text !== '').join(',')}}`;
}

export function rate(name: string, matchers = ''): string {
  return `rate(${of(name, matchers)}[$__rate_interval])`;
}

/** Process metrics have names that other programs use, too: a job may scrape several programs. */
export function ofProcess(name: string): string {
  return `${of(name)} and on (job, instance) wasmgate_build_info`;
}

export function quantiles(name: string, label?: string): readonly Query[] {
  return [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${label === undefined ? 'le' : `${label}, le`}) (${rate(`${name}_bucket`)}))`,
    legend: `${label === undefined ? '' : `{{${label}}} `}p${quantile * 100}`,
  }));
}
