import { text } from 'node:stream/consumers';
import type { UnreadFact } from '../assess/ports.ts';
import { printWarning, type Io } from '../cli/io.ts';
import type { ReviewDeps, ReviewSession, ReviewSetup } from '../cli/review/run-review.ts';
import { createFixedCluster } from '../kubernetes/fixed-cluster.ts';
import { openClusterSession, openJudge, type ClusterSetup } from './cluster-session.ts';
import { readSettings } from './settings.ts';

/** Facts from files are seldom complete, and without classes no Wasm Pod can be judged. Other kinds count as absent. */
const NO_CLASSES: UnreadFact = {
  fact: 'runtime-classes',
  what: 'runtime classes',
  message: 'no RuntimeClasses given',
  advice: 'Pass them with --facts FILE, or read a cluster’s with --live.',
};

async function openFixed(setup: ReviewSetup, io: Io): Promise<ReviewSession> {
  const { facts, namespace = 'default', config } = setup;
  const settings = await readSettings(config);
  const { hasRuntimeClasses: knowsClasses, ...fixed } = createFixedCluster(facts, namespace);
  const missing = knowsClasses ? [] : [NO_CLASSES];
  const unread = { prepare: () => Promise.resolve(), about: () => missing };
  const judge = await openJudge({ ...fixed, unread }, settings, io);
  const configuration = config === undefined ? 'the defaults' : `file ${config}`;
  return { ...judge, namespace, knowsClasses, configuration, unread: () => [] };
}

const PASS_FACTS = 'Or pass it with --facts FILE.';

async function openLive(setup: ClusterSetup, io: Io): Promise<ReviewSession> {
  const session = await openClusterSession(setup, io, ({ fact, message, advice }) =>
    printWarning(io, message, fact === 'configuration' ? advice : `${advice} ${PASS_FACTS}`),
  );
  const knowsClasses = !session.unread().some(({ fact }) => fact === 'runtime-classes');
  return { ...session, knowsClasses };
}

/** Joins `wasmgate review`, with or without a cluster. */
export function wireReview(): ReviewDeps {
  return {
    readInput: () => text(process.stdin),
    open: (setup, io) => {
      const { live } = setup;
      return live === null ? openFixed(setup, io) : openLive({ ...setup, live }, io);
    },
  };
}
