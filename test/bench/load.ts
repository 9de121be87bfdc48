import { openConnection, type Connection, type Target } from './connection.ts';
import { checkAnswer, learn, renewUid, type Exchange } from './exchange.ts';
import type { Question } from './questions.ts';

const DEFAULTS = {
  /** Concurrent requests of the API server of a busy cluster. */
  connections: 16,
} as const;

export interface Load extends Disposable {
  /** Sends requests on all connections, one after the other, and checks every answer; resolves with their number. */
  readonly run: (milliseconds: number) => Promise<number>;
}

/** Each connection has its own requests, so that none is in flight twice. */
interface Lane {
  readonly connection: Connection;
  readonly exchanges: readonly Exchange[];
}

async function openLane(
  target: Target,
  questions: readonly Question[],
  check: (answer: string, question: Question) => void,
): Promise<Lane> {
  const connection = await openConnection(target);
  const exchanges: Exchange[] = [];
  for (const question of questions) exchanges.push(await learn(connection, question, check));
  return { connection, exchanges };
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

export async function openLoad(
  target: Target,
  questions: readonly Question[],
  check: (answer: string, question: Question) => void,
): Promise<Load> {
  const { connections } = DEFAULTS;
  const lanes = await Promise.all(
    Array.from({ length: connections }, (_, lane) => {
      const own = questions.filter((_question, index) => index % connections === lane);
      return openLane(target, own, check);
    }),
  );
  let asked = 0;

  function runLane({ connection, exchanges }: Lane, until: number): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    let answers = 0;
    const next = (): void => {
      const exchange = exchanges[answers % exchanges.length];
      if (exchange === undefined || performance.now() >= until) return resolve(answers);
      asked += 1;
      renewUid(exchange, asked);
      connection.ask(exchange.request, (body) => {
        checkAnswer(exchange, body);
        answers += 1;
        next();
      });
    };
    next();
    return promise;
  }

  return {
    run: async (milliseconds) => {
      const until = performance.now() + milliseconds;
      const awake = stayAwake();
      const answers = await Promise.all(lanes.map((lane) => runLane(lane, until)));
      awake.end();
      return answers.reduce((sum, count) => sum + count, 0);
    },
    [Symbol.dispose]: () => {
      for (const { connection } of lanes) connection.close();
    },
  };
}
