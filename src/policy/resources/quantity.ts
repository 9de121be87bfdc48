import { AppError } from '../../lib/errors.ts';

/**
 * An exact amount in billionths of its unit (bytes or cores). Kubernetes counts no finer than that and rounds finer amounts away
 * from zero (apimachinery pkg/api/resource/quantity.go).
 */
export type Quantity = bigint;

const NANO_DIGITS = 9;
/** One byte, one core, or a ratio of one. */
export const UNIT: Quantity = 10n ** 9n;
/** 2^63 - 1 of the unit: Kubernetes caps larger amounts to it. */
const MAX: Quantity = (2n ** 63n - 1n) * UNIT;
/** Characters. No real quantity is longer; the cap bounds the cost of parsing. */
const MAX_LENGTH = 64;
/** A number with more digits before the point exceeds MAX. */
const MAX_MAGNITUDE = 19;

const BINARY: readonly (readonly [suffix: string, factor: bigint])[] = [
  ['Ei', 2n ** 60n],
  ['Pi', 2n ** 50n],
  ['Ti', 2n ** 40n],
  ['Gi', 2n ** 30n],
  ['Mi', 2n ** 20n],
  ['Ki', 2n ** 10n],
];

const DECIMAL: readonly (readonly [suffix: string, exponent: number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

/** The amounts that binary and decimal suffixes stand for, largest first. */
const BINARY_UNITS = BINARY.map(([suffix, factor]) => [suffix, factor * UNIT] as const);
const DECIMAL_UNITS = DECIMAL.map(
  ([suffix, exponent]) => [suffix, 10n ** BigInt(exponent + NANO_DIGITS)] as const,
);
const SUFFIXES = { memory: [...BINARY_UNITS, ...DECIMAL_UNITS], cpu: DECIMAL_UNITS } as const;

const BINARY_FACTORS: ReadonlyMap<string, bigint> = new Map(BINARY);
const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map(DECIMAL);

const GRAMMAR = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))$/;

/** Returns `digits` × 10^`exponent` in billionths, rounded away from zero and capped. */
function scaled(digits: string, exponent: number, factor: bigint): Quantity {
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return 0n;
  if (significant.length + exponent > MAX_MAGNITUDE) return MAX;
  const shift = exponent + NANO_DIGITS;
  // No suffix lifts such a number to one billionth, so it rounds up to that.
  if (significant.length + shift < -MAX_MAGNITUDE) return 1n;
  const amount = BigInt(significant) * factor;
  if (shift >= 0) return smallest(amount * 10n ** BigInt(shift), MAX);
  return smallest(divideUp(amount, 10n ** BigInt(-shift)), MAX);
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}

/** Parses a quantity; null if invalid. JavaScript writes large JSON numbers as `1e+21`. */
export function tryParseQuantity(value: string | number): Quantity | null {
  const text = String(value);
  const match = text.length > MAX_LENGTH ? null : GRAMMAR.exec(text);
  if (match === null) return null;
  const [, sign = '', number = '', scientific, suffix = ''] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const exponent =
    scientific === undefined ? (DECIMAL_EXPONENTS.get(suffix) ?? 0) : Number(scientific.slice(1));
  const amount = scaled(whole + fraction, exponent - fraction.length, BINARY_FACTORS.get(suffix) ?? 1n);
  return sign === '-' ? -amount : amount;
}

/** @throws AppError `invalid-quantity` */
export function parseQuantity(value: string | number): Quantity {
  const quantity = tryParseQuantity(value);
  if (quantity === null) {
    throw new AppError(
      'invalid-quantity',
      `Cannot parse quantity "${String(value).slice(0, MAX_LENGTH)}": not a number with a known suffix`,
      {
        advice: 'Write a quantity such as 64Mi, 1G, 200m or 1e3.',
      },
    );
  }
  return quantity;
}

export function smallest(first: Quantity, ...others: readonly Quantity[]): Quantity {
  return others.reduce((least, other) => (other < least ? other : least), first);
}

export function largest(first: Quantity, ...others: readonly Quantity[]): Quantity {
  return others.reduce((most, other) => (other > most ? other : most), first);
}

/** Returns the next multiple of `step`, or the amount itself if it is one. The amount must not be negative. */
export function roundUp(amount: Quantity, step: Quantity): Quantity {
  return divideUp(amount, step) * step;
}

export function roundDown(amount: Quantity, step: Quantity): Quantity {
  return (amount / step) * step;
}

/** Formats in Kubernetes' canonical form: the largest suffix that leaves a whole number, for memory a binary one if possible. */
export function formatQuantity(amount: Quantity, style: 'memory' | 'cpu'): string {
  if (amount === 0n) return '0';
  const [suffix, unit] = SUFFIXES[style].find(([, size]) => amount % size === 0n) ?? ['n', 1n];
  return `${amount / unit}${suffix}`;
}
