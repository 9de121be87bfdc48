import { AppError } from '../errors.ts';
import type { Container, Pod, PodSpec } from './pod.ts';

export type PodErrorCode = 'invalid-pod';

/** Of the field that is looked at; null on the first walk, since hardly any Pod is broken and paths cost more than looking. */
type Path = string | null;

type Check = (value: unknown, path: Path) => void;

/** Thrown on the first walk, to be walked again with paths. */
const BROKEN = new Error('a field of the Pod is broken');

function below(path: Path, name: string): Path {
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

const isString: Check = (value, path) => {
  if (typeof value !== 'string') refuse(path, 'a string', value);
};

const isBoolean: Check = (value, path) => {
  if (typeof value !== 'boolean') refuse(path, 'true or false', value);
};

/** Absent and null are the same to Kubernetes. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function checkObject(value: unknown, path: Path): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
}

function listOf(item: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'a list', value);
    for (let index = 0; index < value.length; index += 1)
      item(value[index], path === null ? null : `${path}[${index}]`);
  };
}

function mapOf(item: Check): Check {
  return (value, path) => {
    checkObject(value, path);
    for (const key of Object.keys(value)) item(value[key], below(path, key));
  };
}

type Fields = readonly (readonly [name: string, check: Check])[];

/** An object whose named fields, where present and not null, pass their checks; all other fields are the API server's. */
function objectWith(fields: Fields): Check {
  return (value, path) => {
    checkObject(value, path);
    for (const [name, check] of fields) {
      const field = value[name];
      if (!isAbsent(field)) check(field, below(path, name));
    }
  };
}

const isQuantity: Check = (value, path) => {
  if (typeof value !== 'string' && typeof value !== 'number') refuse(path, 'a quantity', value);
};

const quantities = mapOf(isQuantity);
const resources = objectWith([
  ['requests', quantities],
  ['limits', quantities],
]);
const strings = listOf(isString);
const stringMap = mapOf(isString);

const anyObject = objectWith([]);
const handler = objectWith([['exec', anyObject]]);

const containerFields = objectWith([
  ['name', isString],
  ['image', isString],
  ['command', strings],
  ['args', strings],
  ['workingDir', isString],
  ['volumeMounts', listOf(objectWith([['mountPath', isString]]))],
  ['resources', resources],
  ['imagePullPolicy', isString],
  ['restartPolicy', isString],
  ['tty', isBoolean],
  ['livenessProbe', handler],
  ['readinessProbe', handler],
  ['startupProbe', handler],
  [
    'lifecycle',
    objectWith([
      ['postStart', handler],
      ['preStop', handler],
    ]),
  ],
  ['securityContext', objectWith([['readOnlyRootFilesystem', isBoolean]])],
]);

const isContainer: Check = (value, path) => {
  containerFields(value, path);
  isString((value as Partial<Container>).name, below(path, 'name'));
};

const containers = listOf(isContainer);

const isToleration = objectWith([
  ['key', isString],
  ['operator', isString],
  ['value', isString],
  ['effect', isString],
]);

const requirements = listOf(
  objectWith([
    ['key', isString],
    ['operator', isString],
    ['values', strings],
  ]),
);

const nodeSelectorTerms = listOf(
  objectWith([
    ['matchExpressions', requirements],
    ['matchFields', requirements],
  ]),
);

const nodeAffinity = objectWith([
  ['requiredDuringSchedulingIgnoredDuringExecution', objectWith([['nodeSelectorTerms', nodeSelectorTerms]])],
]);

const specFields = objectWith([
  ['containers', containers],
  ['initContainers', containers],
  ['ephemeralContainers', containers],
  ['runtimeClassName', isString],
  ['nodeSelector', stringMap],
  ['tolerations', listOf(isToleration)],
  ['overhead', quantities],
  ['imagePullSecrets', listOf(objectWith([['name', isString]]))],
  ['serviceAccountName', isString],
  ['os', objectWith([['name', isString]])],
  ['resources', resources],
  ['hostUsers', isBoolean],
  ['restartPolicy', isString],
  ['nodeName', isString],
  ['affinity', objectWith([['nodeAffinity', nodeAffinity]])],
]);

const isSpec: Check = (value, path) => {
  specFields(value, path);
  const { containers: main } = value as Partial<PodSpec>;
  if (isAbsent(main)) refuse(below(path, 'containers'), 'a list', main);
};

const metadata = objectWith([
  ['name', isString],
  ['generateName', isString],
  ['namespace', isString],
  ['uid', isString],
  ['annotations', stringMap],
  ['labels', stringMap],
  ['deletionTimestamp', isString],
  [
    'ownerReferences',
    listOf(
      objectWith([
        ['kind', isString],
        ['name', isString],
      ]),
    ),
  ],
]);

function checkPod(value: unknown, isNaming: boolean): void {
  checkObject(value, isNaming ? 'pod' : null);
  const { metadata: meta, spec } = value;
  if (!isAbsent(meta)) metadata(meta, isNaming ? 'metadata' : null);
  isSpec(spec, isNaming ? 'spec' : null);
}

/**
 * Checks the fields that wasmgate reads, in place, and answers the same object: nothing is copied on the hot path.
 * @throws AppError `invalid-pod` naming the field
 */
export function readPod(value: unknown): Pod {
  try {
    checkPod(value, false);
  } catch (error) {
    if (error !== BROKEN) throw error;
    checkPod(value, true);
  }
  return value as Pod;
}
