import { Type, type TUnsafe } from 'typebox';

/** Defines a setting that takes one of these words. TypeBox's own union loses the type of a mapped list. */
export function stringEnum<Word extends string>(
  words: readonly Word[],
  options: { readonly default: NoInfer<Word>; readonly description: string },
): TUnsafe<Word> {
  const literals = words.map((word) => Type.Literal(word));
  return Type.Unsafe<Word>(Type.Union(literals, options));
}
