import { detectWasm } from '../detect/detect-wasm.ts';
import { isSmallImage, openQuestions, supposeAnswers, type Scope } from '../detect/open-question.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { Decision } from '../policy/decision.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import { isSameDecision } from '../policy/same-decision.ts';
import type { PolicySettings } from '../policy/settings.ts';
import { openQuestionsOf, type Questions } from './assess-container.ts';
import type { Eventually } from './eventually.ts';
import type { Gathered } from './gather-facts.ts';

interface Settled {
  readonly containers: readonly AssessedContainer[];
  readonly decision: Decision;
}

/** A container of which a look inside its image could tell more. */
interface OpenContainer {
  readonly scope: Scope;
  /** As it would be judged, one for each answer that the look could give. */
  readonly suppositions: readonly AssessedContainer[];
}

type OpenContainers = ReadonlyMap<number, OpenContainer>;

const DEFAULTS = {
  /** Decisions tried for one Pod: more open containers than that, and it is cheaper to look. */
  maxVariations: 32,
  /** Containers that are decided about in all of them: a decision takes longer the more there are, and keeps others waiting. */
  maxContainers: 512,
} as const;

function suppose(
  container: AssessedContainer,
  facts: ImageFacts,
  { scope, questions }: { readonly scope: Scope; readonly questions: Questions },
): OpenContainer {
  const suppositions = supposeAnswers(facts, questions).map((supposed) => ({
    ...container,
    facts: supposed,
    verdict: detectWasm(supposed, container.container),
  }));
  return { scope, suppositions };
}

/** Nothing hints at Wasm in an ordinary image; but before its Pod is refused for its sake it is looked at. */
function questionsAbout(
  container: AssessedContainer,
  facts: ImageFacts,
  decision: Decision,
): { readonly scope: Scope; readonly questions: Questions } | null {
  const isRefused = decision.findings.some(
    (finding) => finding.action === 'deny' && finding.container === container.container.name,
  );
  const hinted = openQuestionsOf(container.verdict);
  if (hinted !== null) return { scope: 'sign', questions: hinted };
  const scope = isRefused ? 'any' : 'small';
  if (scope === 'small' && (container.verdict.kind !== 'container' || !isSmallImage(facts))) return null;
  const questions = openQuestions(facts, container.container, scope);
  return questions === null ? null : { scope, questions };
}

function findOpen({ containers, decision }: Settled): OpenContainers {
  const found = new Map<number, OpenContainer>();
  for (const [position, container] of containers.entries()) {
    const { facts } = container;
    const open = facts === null ? null : questionsAbout(container, facts, decision);
    if (facts !== null && open !== null) found.set(position, suppose(container, facts, open));
  }
  return found;
}

/** The Pod with one answer for each open container; every combination has a number. */
function vary(
  containers: readonly AssessedContainer[],
  open: OpenContainers,
  variation: number,
): readonly AssessedContainer[] {
  let rest = variation;
  return containers.map((container, position) => {
    const suppositions = open.get(position)?.suppositions ?? [];
    if (suppositions.length === 0) return container;
    const supposed = suppositions[rest % suppositions.length] ?? container;
    rest = Math.floor(rest / suppositions.length);
    return supposed;
  });
}

function wouldChange(
  { containers, decision }: Settled,
  open: OpenContainers,
  decide: (containers: readonly AssessedContainer[]) => Decision,
): boolean {
  const variations = [...open.values()].reduce((count, { suppositions }) => count * suppositions.length, 1);
  if (variations > DEFAULTS.maxVariations || variations * containers.length > DEFAULTS.maxContainers)
    return true;
  for (let variation = 0; variation < variations; variation++) {
    if (!isSameDecision(decide(vary(containers, open, variation)), decision)) return true;
  }
  return false;
}

/**
 * The decision; and where manifests leave open what an image is, and knowing it would change the decision, the one after a
 * look inside. A look that does not end in time leaves the decision as it was.
 */
export function settleDecision(
  { containers, lookInto }: Gathered,
  peek: PolicySettings['peek'],
  decide: (containers: readonly AssessedContainer[]) => Decision,
): Eventually<Settled> {
  const settled: Settled = { containers, decision: decide(containers) };
  if (peek === 'off') return settled;
  const open = findOpen(settled);
  // Only the file itself shows what it wants of its host: what hints at Wasm, or is small, is looked into once.
  const isEager = [...open.values()].some(({ scope }) => scope !== 'any');
  if (open.size === 0 || (!isEager && !wouldChange(settled, open, decide))) return settled;
  const wanted = new Map([...open].map(([position, { scope }]) => [position, scope]));
  return lookInto(wanted).then((seen) => ({ containers: seen, decision: decide(seen) }));
}
