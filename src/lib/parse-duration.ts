const MILLISECONDS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

const PART = String.raw`(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|us|µs|ns)`;
const WHOLE = new RegExp(`^(?:${PART})+$`);
const EACH_PART = new RegExp(PART, 'g');

/** Parses a duration as Go and Kubernetes write it (`90s`, `1h30m`, `0`) to milliseconds; null if invalid. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  if (!WHOLE.test(text)) return null;
  let total = 0;
  for (const [, number = '', unit = ''] of text.matchAll(EACH_PART)) {
    total += Number(number) * (MILLISECONDS[unit] ?? Number.NaN);
  }
  return total;
}
