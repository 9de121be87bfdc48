// A strict parser of Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExposedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|\})/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;
const TYPES = new Set(['counter', 'gauge', 'histogram']);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };

function fail(why: string, line: string): never {
  throw new Error(`${why}: ${line}`);
}

function readNumber(text: string, line: string): number {
  if (!NUMBER.test(text)) fail('no number', line);
  return Number(text.replace('Inf', 'Infinity'));
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function readLabels(
  text: string,
  line: string,
): { readonly labels: Sample['labels']; readonly rest: string } {
  if (!text.startsWith('{')) return { labels: {}, rest: text };
  const labels: Record<string, string> = {};
  let rest = text.slice(1);
  for (;;) {
    const [whole, name = '', value = '', end] = LABEL.exec(rest) ?? fail('no label', line);
    if (Object.hasOwn(labels, name)) fail('the same label twice', line);
    labels[name] = unescape(value);
    rest = rest.slice(whole.length);
    if (end === '}') return { labels, rest };
  }
}

function readSample(line: string): Sample {
  const [name = ''] = NAME.exec(line) ?? fail('no name', line);
  const { labels, rest } = readLabels(line.slice(name.length), line);
  if (!rest.startsWith(' ')) fail('no space before the value', line);
  return { name, labels, value: readNumber(rest.slice(1), line) };
}

/** Formats a series as in a query: `name{a="1"}`. */
function seriesOf({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function checkHistogram({ name, samples }: ExposedMetric): void {
  const withoutBound = ({ labels }: Sample): string =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'));
  for (const [key, group] of Map.groupBy(samples, withoutBound)) {
    const valueOf = (suffix: string) => group.find((sample) => sample.name === name + suffix)?.value;
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => readNumber(labels['le'] ?? '', name));
    const rises = (list: readonly number[]) =>
      list.every((one, at) => at === 0 || one >= (list[at - 1] ?? 0));
    const isWhole = bounds.at(-1) === Infinity && buckets.at(-1)?.value === valueOf('_count');
    if (!isWhole || valueOf('_sum') === undefined) fail('a histogram without its whole', `${name} ${key}`);
    if (!rises(bounds) || !rises(buckets.map(({ value }) => value)))
      fail('buckets that fall', `${name} ${key}`);
  }
}

function check(metric: ExposedMetric): ExposedMetric {
  const { name, type, samples } = metric;
  if (type === 'histogram') checkHistogram(metric);
  if (type === 'counter' && !name.endsWith('_total')) fail('a counter that is not called _total', name);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) fail('a counter below zero', name);
  if (samples.some(({ labels }) => type !== 'histogram' && Object.hasOwn(labels, 'le')))
    fail('a bound', name);
  return metric;
}

/** @throws if any line violates the format */
export function parseExposition(text: string): readonly ExposedMetric[] {
  if (!text.endsWith('\n')) fail('the last line does not end', text.slice(-80));
  const metrics: { name: string; help: string; type: string; samples: Sample[] }[] = [];
  const seen = new Set<string>();
  // The format allows empty lines.
  const lines = text.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    const [, keyword, name = '', words = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    const current = metrics.at(-1);
    if (keyword === 'HELP') {
      if (metrics.some((metric) => metric.name === name)) fail('a metric in two places', line);
      metrics.push({ name, help: words, type: '', samples: [] });
    } else if (keyword === 'TYPE') {
      if (current?.name !== name || current.type !== '' || !TYPES.has(words))
        fail('a TYPE out of place', line);
      else current.type = words;
    } else {
      const sample = readSample(line);
      const names = (SUFFIXES[current?.type ?? ''] ?? ['']).map((suffix) => `${current?.name}${suffix}`);
      if (current === undefined || current.type === '' || !names.includes(sample.name))
        fail('a sample out of place', line);
      if (seen.has(seriesOf(sample))) fail('a series twice', line);
      seen.add(seriesOf(sample));
      current?.samples.push(sample);
    }
  }
  return metrics.map(check);
}

/** Returns every series with its value. */
export function readSeries(text: string): Readonly<Record<string, number>> {
  const samples = parseExposition(text).flatMap((metric) => metric.samples);
  return Object.fromEntries(samples.map((sample) => [seriesOf(sample), sample.value]));
}

/** Returns the series of these metrics that are not zero. */
export function countsOf(text: string, ...names: readonly string[]): Readonly<Record<string, number>> {
  const series = Object.entries(readSeries(text));
  return Object.fromEntries(
    series.filter(([key, value]) => value !== 0 && names.some((name) => key.split('{')[0] === name)),
  );
}
