export type MetricType = 'counter' | 'gauge' | 'histogram';

/** What stands above the samples of a metric. */
export interface MetricHead {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
}

/** The text format that every Prometheus reads: https://prometheus.io/docs/instrumenting/exposition_formats */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function writeNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** @param labels as `writeLabels` writes them; empty where there are none */
export function writeSample(name: string, labels: string, value: number): string {
  return `${name}${labels === '' ? '' : `{${labels}}`} ${writeNumber(value)}\n`;
}

export function writeHead({ name, help, type }: MetricHead): string {
  const text = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
}
