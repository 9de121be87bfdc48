import { Writable } from 'node:stream';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { Io } from './io.ts';

const TIMES = {
  /** A command that ends sooner shows no progress: the line would only flicker. */
  silenceMilliseconds: 1000,
  /** Enough for a line that seems to move, and few writes to a slow terminal. */
  repaintMilliseconds: 100,
} as const;

/** Returns to the start of the line and erases it (ECMA-48, CR and EL 2). */
const ERASE_LINE = '\r\u001B[2K';

/** The width of a terminal that does not report its own, or reports 0. */
const USUAL_COLUMNS = 80;

/** One line on a terminal's standard error that says what a command is doing. */
export interface Progress {
  /** For what the command prints meanwhile: its standard error erases the line first. */
  readonly io: Io;
  /** Replaces the text, such as `Reviewing objects: 3 of 10`. */
  readonly update: (text: string) => void;
  /** Erases the line, which the next update shows again. Call it before results are printed, and when the work has failed. */
  readonly done: () => void;
}

function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

function columnsOf(stream: Writable): number {
  return ('columns' in stream && Number(stream.columns)) || USUAL_COLUMNS;
}

/** Returns a stream that erases the line and then writes to the given one, at once and in order. */
function erasing(stream: Writable, erase: () => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, encoding, done) => {
      erase();
      stream.write(chunk, encoding);
      done();
    },
  });
}

/**
 * Shows what a command is doing once it has been silent for a second. Shows nothing if standard error is no terminal, such as in a
 * pipeline.
 */
export function createProgress(io: Io, options: Partial<typeof TIMES> = {}): Progress {
  const { stderr, env } = io;
  if (!isTerminal(stderr) || env['TERM'] === 'dumb') return { io, update: () => {}, done: () => {} };
  const { silenceMilliseconds, repaintMilliseconds } = { ...TIMES, ...options };
  let text = '';
  let shown = '';
  let nextPaint = performance.now() + silenceMilliseconds;
  let timer: NodeJS.Timeout | undefined;

  const erase = (): void => {
    if (shown !== '') stderr.write(ERASE_LINE);
    shown = '';
  };
  const paint = (): void => {
    clearTimeout(timer);
    timer = undefined;
    // A full line would wrap, and only its last row could be erased.
    const line = stripControlCharacters(text).slice(0, columnsOf(stderr) - 1);
    if (line === shown) return;
    stderr.write(`${ERASE_LINE}${line}`);
    shown = line;
    nextPaint = performance.now() + repaintMilliseconds;
  };
  const update = (fresh: string): void => {
    text = fresh;
    const wait = nextPaint - performance.now();
    // A busy command paints from here, since no timer fires.
    if (wait <= 0) paint();
    else timer ??= setTimeout(paint, wait).unref();
  };
  const done = (): void => {
    clearTimeout(timer);
    timer = undefined;
    erase();
  };
  return { io: { ...io, stderr: erasing(stderr, erase) }, update, done };
}
