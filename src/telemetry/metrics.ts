import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/**
 * Each label with all of its values. A series costs memory here and in Prometheus, so no label may grow with the names of
 * users, images and registries.
 */
export type Labels = Readonly<Record<string, readonly string[]>>;

type LabelValues<Known extends Labels> = { readonly [Name in keyof Known]: Known[Name][number] };
type NoLabels = Readonly<Record<string, never>>;

/** Replaces a value outside of its label's set. */
const OTHER = 'other';

interface Definition<Known extends Labels> {
  readonly name: string;
  readonly help: string;
  readonly labels?: Known;
  /**
   * Writes only combinations of labels that occurred, or that `of` created. By default, every series exists from the start: if
   * one begins with its first event, Prometheus never sees that event as an increase. This is for metrics of which most
   * combinations cannot occur.
   */
  readonly isSparse?: boolean;
}

interface HistogramDefinition<Known extends Labels> extends Definition<Known> {
  readonly buckets: readonly number[];
}

/** A metric whose values are read on each scrape. */
interface ReadingDefinition<Known extends Labels> extends Definition<Known> {
  readonly type: 'counter' | 'gauge';
  readonly read: () => Iterable<readonly [values: LabelValues<Known>, value: number]>;
}

/** The series of one metric, each created once. */
interface Series<Known extends Labels, Child> {
  readonly of: (values: LabelValues<Known>) => Child;
}

interface MetricDescription {
  readonly name: string;
  readonly labels: Labels;
}

function createSeries<Known extends Labels, Child>(
  { labels, isSparse = false }: Definition<Known>,
  create: (values: Record<string, string>) => Child,
): Series<Known, Child> {
  const known = Object.entries<readonly string[]>(labels ?? {});
  const children = new Map<string, Child>();
  const keyOf = (values: Readonly<Record<string, string>>): string => {
    let key = '';
    for (const [name] of known) key += `${values[name]},`;
    return key;
  };
  const of = (values: Readonly<Record<string, string>>): Child => {
    // Each admission ends here.
    const made = children.get(keyOf(values));
    if (made !== undefined) return made;
    const closed = Object.fromEntries(
      known.map(([name, planned]) => {
        const value = values[name] ?? OTHER;
        return [name, planned.includes(value) ? value : OTHER] as const;
      }),
    );
    const child = children.get(keyOf(closed)) ?? create(closed);
    children.set(keyOf(closed), child);
    return child;
  };
  if (!isSparse) for (const values of combinationsOf(known)) of(values);
  return { of };
}

function combinationsOf(
  known: readonly (readonly [string, readonly string[]])[],
): readonly Readonly<Record<string, string>>[] {
  return known.reduce<readonly Readonly<Record<string, string>>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value }))),
    [{}],
  );
}

/** Creates a registry of metrics whose labels are closed sets. */
export function createMetrics() {
  const registry = new Registry();
  const descriptions: MetricDescription[] = [];

  function configure<Known extends Labels>({ name, help, labels }: Definition<Known>) {
    descriptions.push({ name, labels: labels ?? {} });
    return { name, help, labelNames: Object.keys(labels ?? {}), registers: [registry] };
  }

  return {
    counter: <const Known extends Labels = NoLabels>(definition: Definition<Known>) => {
      const counter = new Counter(configure(definition));
      return createSeries(definition, (values) => {
        counter.inc(values, 0);
        return counter.labels(values);
      });
    },
    gauge: <const Known extends Labels = NoLabels>(definition: Definition<Known>) => {
      const gauge = new Gauge(configure(definition));
      return createSeries(definition, (values) => {
        gauge.set(values, 0);
        return gauge.labels(values);
      });
    },
    histogram: <const Known extends Labels = NoLabels>(definition: HistogramDefinition<Known>) => {
      const histogram = new Histogram({ ...configure(definition), buckets: [...definition.buckets] });
      return createSeries(definition, (values) => {
        histogram.zero(values);
        return histogram.labels(values);
      });
    },
    reading: <const Known extends Labels = NoLabels>(definition: ReadingDefinition<Known>): void => {
      const { type, read } = definition;
      const Metric = type === 'counter' ? Counter : Gauge;
      const metric = new Metric({
        ...configure(definition),
        registers: [],
        collect() {
          this.reset();
          for (const [values, value] of read()) this.inc(values, value);
        },
      });
      registry.registerMetric(metric);
    },
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    /** Writes the current values in Prometheus's text format. */
    write: () => registry.metrics(),
    describe: (): readonly MetricDescription[] => descriptions,
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
