/** Reads numbers and names of the WebAssembly binary format; behind the last byte everything is 0. */
export interface ByteReader {
  readonly byte: () => number;
  /** An unsigned LEB128 number. */
  readonly number: () => number;
  /** The same as a number of items, each of which takes a byte: hardly more than there are bytes left. */
  readonly count: () => number;
  /** A name, cut at so many characters. */
  readonly text: (longest: number) => string;
  readonly position: () => number;
  /** Whether more was asked for than there is. */
  readonly isPast: () => boolean;
}

const decoder = new TextDecoder();

/** ceil(64 / 7): the longest that a LEB128 number of 64 bits takes. */
const LONGEST_NUMBER = 10;

export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  let isPast = false;

  function byte(): number {
    const value = bytes[at];
    if (value === undefined) isPast = true;
    else at += 1;
    return value ?? 0;
  }

  function number(): number {
    let value = 0;
    for (let index = 0; index < LONGEST_NUMBER; index += 1) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * index);
      if (next < 0x80) return value;
    }
    isPast = true;
    return 0;
  }

  return {
    byte,
    count: () => {
      const wanted = number();
      const left = bytes.length - at;
      // One more than there can be, so that reading them all runs past the end.
      return Math.min(wanted, left + 1);
    },
    number,
    text: (longest) => {
      const length = number();
      const name = bytes.subarray(at, at + Math.min(length, longest));
      if (length > bytes.length - at) isPast = true;
      at = Math.min(bytes.length, at + length);
      return decoder.decode(name);
    },
    position: () => at,
    isPast: () => isPast,
  };
}
