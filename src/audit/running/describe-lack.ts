import { recreationOf, type Owners } from '../../assess/unjudged/recreation.ts';
import { enumerate } from '../../lib/words.ts';
import type { AuditFinding } from '../audit-report.ts';
import type { Lack } from './lack.ts';

/** What some Pods of an owner lack. */
export interface CountedLack {
  readonly lack: Lack;
  readonly pods: number;
  readonly examples: string[];
}

interface Owner {
  readonly namespace: string;
  readonly owners: Owners;
}

function listExamples(names: readonly string[]): string {
  return enumerate(names.map((name) => `"${name}"`));
}

function describePods({ lack, pods, examples }: CountedLack): string {
  const [one, several] = lack.predicate;
  if (pods === 1) return `Pod ${listExamples(examples)} ${one}: ${lack.detail}`;
  const names =
    pods > examples.length ? `, such as ${listExamples(examples)}` : `, ${listExamples(examples)}`;
  return `${pods} Pods ${several}${names}: ${lack.detail}`;
}

/** Advises recreating the Pods if that is what helps, or if what helps does not recreate them by itself. */
function adviceOn({ lack, examples, pods }: CountedLack, { namespace, owners }: Owner): string {
  const { how, command } = recreationOf(namespace, owners, { count: pods, names: examples });
  const { advice, severity, endsByRecreation } = lack;
  if (!endsByRecreation && (how === '' || severity !== 'error')) return advice;
  const recreate = how === '' ? `Recreate ${pods === 1 ? 'it' : 'them'}: ${command}` : `${how} ${command}`;
  const all = advice === '' ? recreate : `${advice} ${recreate}`;
  return severity === 'error' ? all : `If ${pods === 1 ? 'it does' : 'they do'} not work: ${all}`;
}

export function reportLack(counted: CountedLack, owner: Owner): AuditFinding {
  const { id, severity, action, container } = counted.lack;
  return {
    id,
    severity,
    action,
    container,
    message: describePods(counted),
    advice: adviceOn(counted, owner),
    concerns: 'running-pods',
    pods: counted.pods,
  };
}
