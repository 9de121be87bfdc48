import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from 'recheck';
import { describe, expect, test } from 'vitest';
import { regularExpressionsIn, type RegularExpression } from './support/source/regular-expressions.ts';
import { sourceFiles } from './support/source/source-imports.ts';
import { UNCHECKED_EXPRESSIONS } from './support/source/unchecked-expressions.ts';

const SRC = join(import.meta.dirname, '..', 'src');

/** A safeguard for machines that do something else meanwhile: the slowest expression takes a second. */
const OPTIONS = { timeout: 60_000, checker: 'automaton' } as const;

/**
 * The automaton decides and never guesses, but knows no assertions and no flag `y`. A sticky expression is tried at one place
 * only, and nothing follows a lookahead at the end, so that it may as well consume.
 */
function toJudge(pattern: string, flags: string): readonly [pattern: string, flags: string] {
  const consuming = pattern.replaceAll(/\(\?=([^()]*)\)(?=\)*$)/g, '(?:$1)');
  return flags.includes('y') ? [`^(?:${consuming})`, flags.replace('y', '')] : [consuming, flags];
}

/** Returns why an expression may take more than linear time; null if it cannot. */
async function faultOf({ place, pattern, flags }: RegularExpression): Promise<string | null> {
  if (pattern === null) return `${place} is known at run time only`;
  if (UNCHECKED_EXPRESSIONS.has(`/${pattern}/${flags}`)) return null;
  const found = await check(...toJudge(pattern, flags), OPTIONS);
  if (found.status === 'safe') return null;
  const why = found.status === 'vulnerable' ? found.complexity.summary : found.error.kind;
  return `${place} /${pattern}/${flags} is ${why}`;
}

async function faultsOf(expressions: readonly RegularExpression[]): Promise<readonly string[]> {
  const texts = new Map(expressions.map((found) => [`/${String(found.pattern)}/${found.flags}`, found]));
  const faults = await Promise.all([...texts.values()].map(faultOf));
  return faults.filter((fault) => fault !== null);
}

describe('no regular expression of src takes more than linear time', () => {
  const all = sourceFiles(SRC).flatMap((file) =>
    regularExpressionsIn(file, readFileSync(join(SRC, file), 'utf8')),
  );
  const fileOf = ({ place }: RegularExpression): string => place.split(':', 1)[0] ?? '';

  test('literals and those built with new RegExp', async () => {
    expect(all.length).toBeGreaterThan(50);
    expect(
      await faultsOf(
        all.filter((found) => found.pattern !== null || !UNCHECKED_EXPRESSIONS.has(fileOf(found))),
      ),
    ).toEqual([]);
  });

  test('every exception is needed', () => {
    const used = new Set(
      all.map((found) => (found.pattern === null ? fileOf(found) : `/${found.pattern}/${found.flags}`)),
    );
    expect([...UNCHECKED_EXPRESSIONS.keys()].filter((key) => !used.has(key))).toEqual([]);
  });
});

describe('the check detects a bad expression', () => {
  test.for([
    [
      'the end of a run that may begin anywhere',
      String.raw`text.replace(/\0+$/, '')`,
      '2nd degree polynomial',
    ],
    ['two runs that may share a text', String.raw`/^\d+\.?\d*$/.test(text)`, '2nd degree polynomial'],
    ['a repeated repetition', 'const BAD = /^(a+)+$/;', 'exponential'],
    ['a sticky one', 'const BAD = /(a|a)*b/y;', 'exponential'],
    ['a constructed one', "const BAD = new RegExp('(a*)*$', 'g');", 'exponential'],
    [
      'parts that stand elsewhere',
      "const WORD = String.raw`\\w+`;\nconst BAD = new RegExp(`^(?:${WORD})+:$` + '', 'u');",
      'exponential',
    ],
    ['the source of another one', 'const A = /a*/;\nRegExp(`^(?:${A.source})*b`);', 'exponential'],
    ['one that is made at run time', 'const make = (text: string) => new RegExp(text);', 'at run time'],
  ] as const)('%s', async ([, source, fault]) => {
    expect(await faultsOf(regularExpressionsIn('x.ts', source))).toContainEqual(
      expect.stringContaining(fault),
    );
  });

  test('linear expressions pass', async () => {
    const source = 'const GOOD = [/^[a-z]+$/, /a+(?=,|$)/y, new RegExp(`^${String.raw`\\d`}+$`)];';
    const found = regularExpressionsIn('x.ts', source);
    expect(found.map(({ pattern }) => pattern)).toEqual(['^[a-z]+$', 'a+(?=,|$)', '^\\d+$']);
    expect(await faultsOf(found)).toEqual([]);
  });
});
