import { AppError } from '../lib/errors.ts';

/** Of the field that is looked at; null on the first walk, since hardly any Pod is broken and paths cost more than looking. */
export type Path = string | null;

export type Check = (value: unknown, path: Path) => void;

/** Thrown on the first walk, to be walked again with paths. */
const BROKEN = new Error('a field of the Pod is broken');

export function below(path: Path, name: string): Path {
  if (path === null) return null;
  return path === '' ? name : `${path}.${name}`;
}

function refuse(path: Path, expected: string, value: unknown): never {
  if (path === null) throw BROKEN;
  const actual = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
  throw new AppError(
    'invalid-pod',
    `Cannot read Pod field "${path}": expected ${expected}, found ${actual}`,
    {
      advice:
        'The API server refuses such a Pod itself; kubectl explain pod.spec tells what each field takes.',
    },
  );
}

export const isString: Check = (value, path) => {
  if (typeof value !== 'string') refuse(path, 'a string', value);
};

export const isBoolean: Check = (value, path) => {
  if (typeof value !== 'boolean') refuse(path, 'true or false', value);
};

export const isInteger: Check = (value, path) => {
  if (!Number.isSafeInteger(value)) refuse(path, 'a whole number', value);
};

export function checkObject(value: unknown, path: Path): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
}

export function listOf(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'a list', value);
    for (let index = 0; index < value.length; index += 1)
      item(value[index], path === null ? null : `${path}[${index}]`);
  };
}

export function mapOf(item: Check): Check {
  return (value, path) => {
    checkObject(value, path);
    for (const key of Object.keys(value)) item(value[key], below(path, key));
  };
}

/**
 * A field that may be absent or null; fields that are not named are the API server's. Each is named where it is read, not in
 * a table: a place in the code that reads one field of one kind of object is what V8 makes fast, five times here.
 */
export function optional(value: unknown, check: Check, path: Path): void {
  // Absent and null are the same to Kubernetes.
  if (value !== undefined && value !== null) check(value, path);
}

export const isQuantity: Check = (value, path) => {
  if (typeof value !== 'string' && typeof value !== 'number') refuse(path, 'a quantity', value);
};

/** Checks without paths, and again with them where that shows something broken: then the error names the field. */
export function checkNaming(check: Check, value: unknown): void {
  try {
    check(value, null);
  } catch (error) {
    if (error !== BROKEN) throw error;
    check(value, '');
  }
}
