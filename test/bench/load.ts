import { openConnection, type Connection, type Target } from './connection.ts';
import { checkAnswer, learn, renew, type Exchange } from './exchange.ts';
import { runOpenLoop } from './open-loop.ts';
import type { WebhookCall } from './webhook-calls.ts';

const DEFAULTS = {
  /** Concurrent requests of the API server of a busy cluster. */
  connections: 16,
} as const;

export interface Load extends Disposable {
  /** Sends requests on all connections, one after the other; resolves with their number, or rejects with a wrong answer. */
  readonly run: (milliseconds: number) => Promise<number>;
  /** Sends this many requests at a constant rate; resolves with their latencies in milliseconds. */
  readonly runAtRate: (perSecond: number, count: number) => Promise<readonly number[]>;
}

export interface LoadOptions {
  readonly calls: readonly WebhookCall[];
  /** Checks the first answer to each call in full. */
  readonly check: (answer: string, call: WebhookCall) => void;
  /** Checks all others; byte for byte by default. */
  readonly compare?: (exchange: Exchange, body: Buffer) => void;
}

/** Each connection has its own requests, so that none is in flight twice. */
interface Lane {
  readonly connection: Connection;
  readonly exchanges: readonly Exchange[];
  asked: number;
}

async function openLane(target: Target, { calls, check }: LoadOptions): Promise<Lane> {
  const connection = await openConnection(target);
  const exchanges: Exchange[] = [];
  for (const call of calls) exchanges.push(await learn(connection, call, check));
  return { connection, exchanges, asked: 0 };
}

/**
 * Keeps this processor awake while it waits. Waking one costs the sender of the bytes (in a virtual machine up to a tenth of a
 * request), which would count as the server's work.
 */
function stayAwake(): { readonly end: () => void } {
  let isAwake = true;
  const turn = (): void => {
    if (isAwake) setImmediate(turn);
  };
  turn();
  return {
    end: () => {
      isAwake = false;
    },
  };
}

export async function openLoad(target: Target, options: LoadOptions): Promise<Load> {
  const { connections } = DEFAULTS;
  const { calls, compare = checkAnswer } = options;
  const lanes = await Promise.all(
    Array.from({ length: connections }, (_, lane) => {
      const own = calls.filter((_call, index) => index % connections === lane);
      return openLane(target, { ...options, calls: own });
    }),
  );
  let asked = 0;

  function ask(lane: Lane, onAnswer: () => void, onFail: (error: Error) => void): void {
    const { connection, exchanges } = lane;
    const exchange = exchanges[lane.asked % exchanges.length];
    if (exchange === undefined) throw new Error('Cannot load a server without calls');
    lane.asked += 1;
    asked += 1;
    renew(exchange, asked);
    const onBody = (body: Buffer): void => {
      compare(exchange, body);
      onAnswer();
    };
    connection.ask(exchange.request, onBody, onFail);
  }

  function runLane(lane: Lane, until: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let answers = 0;
    const next = (): void => {
      if (performance.now() >= until) return resolve(answers);
      const onAnswer = (): void => {
        answers += 1;
        next();
      };
      ask(lane, onAnswer, reject);
    };
    next();
    return promise;
  }

  return {
    run: async (milliseconds) => {
      const until = performance.now() + milliseconds;
      const awake = stayAwake();
      try {
        const answers = await Promise.all(lanes.map((lane) => runLane(lane, until)));
        return answers.reduce((sum, count) => sum + count, 0);
      } finally {
        awake.end();
      }
    },
    runAtRate: (perSecond, count) => runOpenLoop({ perSecond, count, lanes, ask }),
    [Symbol.dispose]: () => {
      for (const { connection } of lanes) connection.close();
    },
  };
}
