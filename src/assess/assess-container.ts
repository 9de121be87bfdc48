import { commandKey, LONGEST_COMMAND_KEY } from '../detect/command-key.ts';
import { detectWasm } from '../detect/detect-wasm.ts';
import { isSmallImage, openQuestions, type Scope } from '../detect/open-question.ts';
import type { UnknownReason, UnknownVerdict, Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { ImageAnswer } from '../images/image-answer.ts';
import type { Container } from '../pod/pod.ts';
import type { VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import { createVerdictMemo } from './verdict-memo.ts';

const memo = createVerdictMemo();

/** Verdicts that a look inside might change, and how much reason there is to look. */
const open = new WeakMap<Verdict, Scope>();

/** Why the image is worth a look before anything is decided: it hints at Wasm, or is small. Null where it is not. */
export function reasonToLook(verdict: Verdict): Scope | null {
  return open.get(verdict) ?? null;
}

function findReason(facts: ImageFacts, container: Container, { kind }: Verdict): Scope | null {
  if (openQuestions(facts, container, 'sign') !== null) return 'sign';
  const isSmall = kind === 'container' && isSmallImage(facts);
  return isSmall && openQuestions(facts, container, 'small') !== null ? 'small' : null;
}

/** The verdict is facts + command: reckoned once for each pair. */
function verdictOf(facts: ImageFacts, container: Container): Verdict {
  const key = commandKey(container);
  const known = memo.find(facts, key);
  if (known !== undefined) return known;
  const verdict = detectWasm(facts, container);
  const reason = findReason(facts, container, verdict);
  if (reason !== null) open.set(verdict, reason);
  if (key.length <= LONGEST_COMMAND_KEY) memo.set(facts, key, verdict);
  return verdict;
}

function unknown(reason: UnknownReason, detail: string, advice: string | null): UnknownVerdict {
  return { kind: 'unknown', reason, detail, advice, evidence: [] };
}

export function assessAnswered(visited: VisitedContainer, answer: ImageAnswer): AssessedContainer {
  const image = visited.container.image ?? '';
  if (answer.kind === 'facts') {
    const { facts, stale, knownSince } = answer;
    const verdict = verdictOf(facts, visited.container);
    return { ...visited, image, verdict, facts, isSkipped: false, stale, knownSince };
  }
  const verdict = unknown(answer.reason, answer.detail, answer.advice);
  return { ...visited, image, verdict, facts: null, isSkipped: false };
}

/** On the operator's skip list: not looked at, and nothing is said of it. */
export function assessSkipped(visited: VisitedContainer, pattern: string): AssessedContainer {
  const image = visited.container.image ?? '';
  const verdict = unknown('denied-by-config', `"${image}" is on the skip list (${pattern})`, null);
  return { ...visited, image, verdict, facts: null, isSkipped: true };
}

/** One of more than are looked at. */
export function assessUncounted(visited: VisitedContainer, count: number, most: number): AssessedContainer {
  const detail = `the Pod has ${count} containers, and of one with more than ${most} no image is looked at`;
  const verdict = unknown('too-large', detail, 'Split it into several Pods.');
  return { ...visited, image: visited.container.image ?? '', verdict, facts: null, isSkipped: false };
}

/** What the Pod itself answers: an image from the node's own store, which no registry can tell us about, or no image. */
export function assessWithoutRegistry(visited: VisitedContainer): AssessedContainer | null {
  const { image, imagePullPolicy } = visited.container;
  if (image === undefined || image === '') {
    return {
      ...visited,
      image: '',
      verdict: unknown('invalid', 'the container names no image', null),
      facts: null,
      isSkipped: false,
    };
  }
  if (imagePullPolicy !== 'Never') return null;
  const detail = `"${image}" is taken from the node's own store (imagePullPolicy: Never), so no registry can tell what it is`;
  return {
    ...visited,
    image,
    verdict: unknown('denied-by-config', detail, null),
    facts: null,
    isSkipped: false,
  };
}
