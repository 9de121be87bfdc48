import { AppError } from '../lib/errors.ts';
import { readPod } from '../pod/pod.ts';
import { executorNameOf, templateOfSpinApp, USUAL_EXECUTOR, type SpinAppExecutor } from '../pod/spin-app.ts';
import { leave, type AssessableSubject, type Made, type Subject, type SubjectSource } from './subject.ts';

/** An executor, or why there is none to judge with. */
type Found =
  | { readonly executor: SpinAppExecutor; readonly isAssumed: boolean }
  | { readonly missing: string };

function usual(namespace: string): Found {
  return { executor: { ...USUAL_EXECUTOR, namespace }, isAssumed: true };
}

/** Returns the first name in the alphabet, as the operator's webhook does, in whatever namespace it is. */
function firstName(executors: readonly SpinAppExecutor[]): string {
  const [first = ''] = executors.map(({ name }) => name).toSorted((left, right) => (left < right ? -1 : 1));
  return first;
}

/** Finds the executor of a SpinApp, which must be in its namespace. */
function findExecutor({ object, source }: SubjectSource, executors: readonly SpinAppExecutor[]): Found {
  const { namespace } = source;
  const named = executorNameOf(object);
  const name = named === '' ? firstName(executors) : named;
  const executor = executors.find((one) => one.name === name && one.namespace === namespace);
  if (executor !== undefined) return { executor, isAssumed: false };
  if (name === '' || name === USUAL_EXECUTOR.name) return usual(namespace);
  return {
    missing: `SpinAppExecutor "${name}" of namespace ${namespace} is not among the objects, so the class of its Pods is unknown; pass it with --facts`,
  };
}

function describeSettings(executor: string): string {
  const where = executor === '' ? 'its SpinAppExecutor' : `SpinAppExecutor "${executor}"`;
  return `is about the Pods of the Deployment that SpinKube's operator makes of it. What you can set in the SpinApp is spec.resources and spec.podAnnotations; their class is deploymentConfig.runtimeClassName of ${where}`;
}

function describe({ name }: SpinAppExecutor, isAssumed: boolean): Made {
  const assumption = `assumes that SpinAppExecutor "${name}" names RuntimeClass "${USUAL_EXECUTOR.runtimeClassName}", as SpinKube's documentation has it; pass yours with --facts`;
  return { isAssumed, assumption: isAssumed ? assumption : null, howToSet: describeSettings(name) };
}

/** Returns a SpinApp with the Pods of the Deployment that its operator made, which is better than what it would make. */
export function spinAppOver({ source, object, uid }: SubjectSource, deployment: AssessableSubject): Subject {
  const request = { ...deployment.request, isControlled: false };
  const made = { isAssumed: false, assumption: null, howToSet: describeSettings(executorNameOf(object)) };
  return { kind: 'assessable', source, object, uid, path: null, request, made };
}

function assessable(common: SubjectSource, executor: SpinAppExecutor, isAssumed: boolean): Subject {
  try {
    const pod = readPod(templateOfSpinApp(common.object, executor));
    const request = { subject: 'template', pod, isControlled: false } as const;
    return { kind: 'assessable', ...common, path: null, request, made: describe(executor, isAssumed) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    return leave(common, { subject: 'broken', reason: `${error.message} (in the Pods that it becomes)` });
  }
}

/**
 * Returns the Pods that SpinKube's operator makes of a SpinApp, to assess.
 * @param executors those that are known, of all namespaces
 */
export function spinAppSubject(common: SubjectSource, executors: readonly SpinAppExecutor[]): Subject {
  const found = findExecutor(common, executors);
  if ('missing' in found) return leave(common, { subject: 'broken', reason: found.missing });
  const { executor, isAssumed } = found;
  const { name, createsDeployment, runtimeClassName, spinImage } = executor;
  if (!createsDeployment) {
    const reason = `SpinAppExecutor "${name}" makes no Deployment of it (createDeployment is not true)`;
    return leave(common, { subject: 'none', reason });
  }
  if (runtimeClassName === null && spinImage === null) {
    const reason = `SpinAppExecutor "${name}" names neither runtimeClassName nor spinImage, so the operator makes no Deployment of it`;
    return leave(common, { subject: 'broken', reason });
  }
  return assessable(common, executor, isAssumed);
}
