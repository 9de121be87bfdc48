import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { FINDING_IDS } from '../../../src/policy/finding-catalog.ts';
import { startReviewStage, type ReviewStage } from '../../support/cli/review-stage.ts';
import { putExampleImages } from '../../support/e2e/example-images.ts';
import { findingExamples, reviewArguments, type Example } from '../../support/e2e/examples.ts';

/** What the API server would get from the webhook. */
interface Answer {
  readonly allowed: boolean;
  readonly status?: { readonly message: string };
  readonly warnings?: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const MODES = ['enforce', 'warn', 'audit'] as const;
const LINE = /^wasmgate(?:\/(?<id>[a-z-]+))?: \S/;

let stage: ReviewStage;
beforeAll(async () => {
  stage = await startReviewStage({ images: putExampleImages });
});
afterAll(() => stage[Symbol.asyncDispose]());

async function answersTo(example: Example, policy: object): Promise<readonly Answer[]> {
  const [config = '', ...args] = (await reviewArguments(example, stage)).toReversed();
  const { policy: own, ...head } = parse(await readFile(config, 'utf8')) as Record<string, object>;
  const name = `${Object.values(policy).join('-')}-${example.id}.yaml`;
  const path = await stage.write(name, stringify({ ...head, policy: { ...own, ...policy } }));
  const { stdout, stderr } = await stage.review([...args.toReversed(), path, '-o', 'admissionreview']);
  if (stdout === '') throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { response: Answer }).response);
}

function denialOf({ status }: Answer): readonly string[] {
  return status === undefined ? [] : status.message.split('\n');
}

function idsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => [
    LINE.exec(line)?.groups?.['id'] ?? '',
    // Mode audit names the findings that have no line of their own.
    ...(/ Also: (?<ids>[^.]+)\./.exec(line)?.groups?.['ids']?.split(', ') ?? []),
  ]);
}

describe.each(MODES)('in mode %s', (mode) => {
  const shown = new Set<string>();

  test.each(findingExamples)('$id: each line is short and begins with an id', async (example) => {
    for (const answer of await answersTo(example, { mode })) {
      const { warnings = [] } = answer;
      const lines = [...denialOf(answer), ...warnings];
      for (const line of lines) expect(line).toMatch(LINE);
      for (const warning of warnings) {
        expect(warning).not.toMatch(/\p{Cc}/u);
        expect(Array.from(warning).length).toBeLessThanOrEqual(256);
      }
      expect(warnings.length).toBeLessThanOrEqual(mode === 'audit' ? 1 : 4);
      for (const id of idsOf(lines)) shown.add(id);
    }
  });

  test('every finding has such a line', () => {
    // No example can show this one without a network fault.
    const missing = FINDING_IDS.filter((id) => !shown.has(id));
    expect(missing).toEqual(['wasm-image-without-runtime-class']);
  });
});

test('in mode audit each denial and each change is a line, and an annotation', async () => {
  for (const example of findingExamples) {
    for (const answer of await answersTo(example, { mode: 'audit' })) {
      const { allowed, warnings = [], auditAnnotations } = answer;
      expect(allowed).toBe(true);
      const { outcome, 'would-change': fields } = auditAnnotations;
      if (outcome === 'would-deny') expect(warnings).toEqual([expect.stringContaining(': would deny: ')]);
      if (outcome === 'would-change') {
        expect(warnings).toEqual([expect.stringMatching(/^wasmgate\/audit: would set \S/)]);
        expect(fields).toMatch(/^\/(?:spec|metadata)\//);
      } else expect(fields).toBeUndefined();
    }
  }
});

test('policy.warnInAudit: false prints nothing in mode audit, and annotates the same', async () => {
  const silent = { mode: 'audit', warnInAudit: false };
  for (const example of findingExamples) {
    const [quiet, loud] = [await answersTo(example, silent), await answersTo(example, { mode: 'audit' })];
    expect(quiet).toEqual(loud.map(({ warnings: _warnings, ...rest }) => rest));
  }
});
