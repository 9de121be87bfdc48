/** Random choices that are the same for the same seed. */
export interface Dice {
  /** A whole number from 0 to `below` - 1. */
  readonly roll: (below: number) => number;
  readonly oneIn: (count: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item | undefined;
}

/** Mulberry32: small and even enough for choices; nothing here is secret. */
export function createDice(seed: number): Dice {
  let state = Math.trunc(seed);
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (below: number): number => Math.floor(next() * below);
  return { roll, oneIn: (count) => roll(count) === 0, pick: (items) => items[roll(items.length)] };
}
