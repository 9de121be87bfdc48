import { writeHead, writeSample, type MetricHead, type MetricType } from './exposition.ts';
import {
  createCounter,
  createGauge,
  createHistogram,
  type Counter,
  type Gauge,
  type Histogram,
  type Instrument,
} from './instruments.ts';
import { combinationsOf, writeLabels, type Labels, type LabelValues } from './labels.ts';

export interface Described<Known extends Labels> extends Omit<MetricHead, 'type'> {
  readonly labels?: Known;
  /**
   * Only combinations that were met are written. Without it all are, from the start: of a series that begins with its first
   * event, Prometheus never sees that event as an increase.
   */
  readonly isSparse?: boolean;
}

export interface DescribedHistogram<Known extends Labels> extends Described<Known> {
  readonly bounds: readonly number[];
}

/** The series of one metric. */
export interface Series<Known extends Labels, Kind extends Instrument> {
  /** To be called once for what is counted often. */
  readonly of: (values: LabelValues<Known>) => Kind;
}

/** What is known somewhere else already, and read when it is asked for. */
export interface Readings<Known extends Labels> extends MetricHead {
  readonly labels?: Known;
  readonly read: () => Iterable<readonly [values: LabelValues<Known>, value: number]>;
}

type NoLabels = Readonly<Record<string, never>>;

export interface Metrics {
  readonly counter: <const Known extends Labels = NoLabels>(
    described: Described<Known>,
  ) => Series<Known, Counter>;
  readonly gauge: <const Known extends Labels = NoLabels>(
    described: Described<Known>,
  ) => Series<Known, Gauge>;
  readonly histogram: <const Known extends Labels = NoLabels>(
    described: DescribedHistogram<Known>,
  ) => Series<Known, Histogram>;
  readonly readings: <const Known extends Labels = NoLabels>(described: Readings<Known>) => void;
  /** In the text format, with everything as it is now. */
  readonly write: () => string;
  /** Every metric that there is, with all values that its labels can have. */
  readonly describe: () => readonly DescribedMetric[];
}

export interface DescribedMetric extends MetricHead {
  readonly labels: Labels;
}

interface Family extends DescribedMetric {
  readonly writeSamples: () => string;
}

function createSeries<Known extends Labels, Kind extends Instrument>(
  { name, labels, isSparse = false }: Described<Known>,
  create: () => Kind,
): Series<Known, Kind> & Pick<Family, 'writeSamples'> {
  const known: Labels = labels ?? {};
  const made = new Map<string, Kind>();
  const of = (values: Readonly<Record<string, string>>): Kind => {
    const text = writeLabels(known, values);
    const instrument = made.get(text) ?? create();
    made.set(text, instrument);
    return instrument;
  };
  if (!isSparse) combinationsOf(known).forEach(of);
  const writeSamples = (): string =>
    [...made].map(([text, instrument]) => instrument.write(name, text)).join('');
  return { of, writeSamples };
}

/**
 * Counters and the like, and their text. Not prom-client: it costs 2 MiB of the 80 that wasmgate wants to live in, and 0.7 µs
 * for each admission, since it looks a series up by an object of labels at each increment. Here a series is an object that
 * its user holds, and the labels of every metric are closed sets.
 */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();

  function add<Known extends Labels>(
    { name, help, labels }: Described<Known>,
    type: MetricType,
    writeSamples: () => string,
  ): void {
    if (families.has(name)) throw new Error(`Cannot add metric "${name}": it is there already`);
    families.set(name, { name, help, type, labels: labels ?? {}, writeSamples });
  }

  function addSeries<Known extends Labels, Kind extends Instrument>(
    described: Described<Known>,
    type: MetricType,
    create: () => Kind,
  ): Series<Known, Kind> {
    const { of, writeSamples } = createSeries(described, create);
    add(described, type, writeSamples);
    return { of };
  }

  return {
    counter: (described) => addSeries(described, 'counter', createCounter),
    gauge: (described) => addSeries(described, 'gauge', createGauge),
    histogram: (described) => addSeries(described, 'histogram', () => createHistogram(described.bounds)),
    readings: (described) => {
      const { name, type, labels = {}, read } = described;
      const writeSamples = (): string =>
        Array.from(read(), ([values, value]) => writeSample(name, writeLabels(labels, values), value)).join(
          '',
        );
      add(described, type, writeSamples);
    },
    write: () =>
      Array.from(families.values(), (family) => writeHead(family) + family.writeSamples()).join(''),
    describe: () =>
      Array.from(families.values(), ({ name, help, type, labels }) => ({ name, help, type, labels })),
  };
}
