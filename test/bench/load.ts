import { openConnection, type Connection, type Target } from './connection.ts';
import { checkAnswer, learn, renewUid, type Exchange } from './exchange.ts';
import type { Question } from './questions.ts';

const DEFAULTS = {
  /** As many as the API server of a busy cluster has under way at a time. */
  connections: 16,
} as const;

export interface Load extends Disposable {
  /** Asks on all connections, one question after the other, and checks every answer; resolves with how many there were. */
  readonly run: (milliseconds: number) => Promise<number>;
}

/** Each connection has questions of its own, so that none is under way twice. */
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
 * Keeps this processor from sleeping while it waits: waking one costs whoever sends the bytes (in a virtual machine as much
 * as a tenth of a request), which would count as the server's work, and more so for the slower server.
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
