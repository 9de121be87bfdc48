import { detectWasm } from '../detect/detect-wasm.ts';
import type { UnknownReason, UnknownVerdict, Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { Container } from '../pod/pod.ts';
import type { VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { ImageAnswer } from './image-catalog.ts';

/** Verdicts for one image under the few commands that Pods give it; dropped with the facts. */
const MEMO_CAP = 16;
const memo = new WeakMap<ImageFacts, Map<string, Verdict>>();

/** The verdict is facts + command: reckoned once for each pair. */
function verdictOf(facts: ImageFacts, { command, args }: Container): Verdict {
  const key = `${command?.[0] ?? ''}\n${args?.[0] ?? ''}`;
  let verdicts = memo.get(facts);
  if (verdicts === undefined) memo.set(facts, (verdicts = new Map<string, Verdict>()));
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = detectWasm(facts, { command: command ?? null, args: args ?? null });
  if (verdicts.size < MEMO_CAP) verdicts.set(key, verdict);
  return verdict;
}

function unknown(reason: UnknownReason, detail: string, advice: string | null): UnknownVerdict {
  return { kind: 'unknown', reason, detail, advice, evidence: [] };
}

export function judgeAnswer(visited: VisitedContainer, answer: ImageAnswer): AssessedContainer {
  const image = visited.container.image ?? '';
  if (answer.kind === 'facts') {
    const { facts } = answer;
    return { ...visited, image, verdict: verdictOf(facts, visited.container), facts, isSkipped: false };
  }
  const verdict = unknown(answer.reason, answer.detail, answer.advice);
  return { ...visited, image, verdict, facts: null, isSkipped: false };
}

/** On the operator's skip list: not looked at, and nothing is said of it. */
export function judgeSkipped(visited: VisitedContainer, pattern: string): AssessedContainer {
  const image = visited.container.image ?? '';
  const verdict = unknown('denied-by-config', `"${image}" is on the skip list (${pattern})`, null);
  return { ...visited, image, verdict, facts: null, isSkipped: true };
}

/** What the Pod itself answers: an image from the node's own store, which no registry can tell us about, or no image. */
export function judgeWithoutRegistry(visited: VisitedContainer): AssessedContainer | null {
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
