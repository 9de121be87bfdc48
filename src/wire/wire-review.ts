import { text } from 'node:stream/consumers';
import type { UnreadFact } from '../assess/ports.ts';
import { printWarning, type Io } from '../cli/io.ts';
import type { ReviewDeps, ReviewSession, ReviewSetup } from '../cli/review/run-review.ts';
import { openImageFiles, type ImageFiles } from '../image-files/image-files.ts';
import { createFindObjects } from '../kubernetes/find-objects.ts';
import { createFixedCluster } from '../kubernetes/fixed-cluster.ts';
import { createObjects } from '../kubernetes/list-objects.ts';
import type { JsonObject } from '../lib/json.ts';
import { openClusterSession, openJudge, type ClusterSetup } from './cluster-session.ts';
import { readSettings } from './settings.ts';

/** Facts from files are seldom complete, and without classes no Wasm Pod can be judged. Other kinds count as absent. */
const NO_CLASSES: UnreadFact = {
  fact: 'runtime-classes',
  what: 'runtime classes',
  message: 'no RuntimeClasses given',
  advice: 'Pass them with --facts FILE, or read a cluster’s with --live.',
};

/** Longer than reading the headers of an archive of many gigabytes takes from a slow disk. */
const IMAGES_MILLISECONDS = 60_000;

type Setup = Omit<ClusterSetup, 'live'>;
type Session = Omit<ReviewSession, 'imageNotes'>;

async function openFixed(setup: Setup, io: Io): Promise<Session> {
  const { facts, namespace = 'default', config } = setup;
  const settings = await readSettings(config);
  const { hasRuntimeClasses: knowsClasses, ...fixed } = createFixedCluster(facts, namespace);
  const missing = knowsClasses ? [] : [NO_CLASSES];
  const unread = { prepare: () => Promise.resolve(), about: () => missing };
  const judge = await openJudge({ ...fixed, unread, images: setup.images }, settings, io);
  const configuration = config === undefined ? 'the defaults' : `file ${config}`;
  const { helpUrl } = settings.policy;
  const common = { namespace, knowsClasses, installation: 'unknown', helpUrl, configuration } as const;
  return { ...judge, ...common, findObjects: null, readObjects: null, unread: () => [] };
}

const PASS_FACTS = 'Or pass such objects with --facts FILE.';

async function openLive(setup: ClusterSetup, io: Io): Promise<Session> {
  const session = await openClusterSession(setup, io, ({ fact, message, advice }) =>
    printWarning(io, message, fact === 'configuration' ? advice : `${advice} ${PASS_FACTS}`),
  );
  const knowsClasses = !session.unread().some(({ fact }) => fact === 'runtime-classes');
  const { signal } = new AbortController();
  const find = createFindObjects(session.client);
  const findObjects: ReviewSession['findObjects'] = (queries, scope) => find(queries, { scope, signal });
  const { findServed, pages } = createObjects({ client: session.client });
  const readObjects: ReviewSession['readObjects'] = async (kind, { namespace: place, name }) => {
    const [served] = await findServed([kind], signal);
    if (served === undefined) return [];
    const fields = name === undefined ? undefined : `metadata.name=${name}`;
    const found: JsonObject[] = [];
    for await (const page of pages(served, { namespace: place, selector: '', fields }, signal))
      found.push(...page);
    return found;
  };
  return { ...session, knowsClasses, helpUrl: session.policy.helpUrl, findObjects, readObjects };
}

function openSession(
  { live, ...setup }: Omit<ReviewSetup, 'images'>,
  io: Io,
  images: ImageFiles | undefined,
): Promise<Session> {
  return live === null ? openFixed({ ...setup, images }, io) : openLive({ ...setup, live, images }, io);
}

/** Joins `wasmgate review`, with or without a cluster. */
export function wireReview(program: Omit<ReviewDeps, 'readInput' | 'open'>): ReviewDeps {
  return {
    ...program,
    readInput: () => text(process.stdin),
    open: async ({ images, ...setup }, io) => {
      if (images.length === 0) return { ...(await openSession(setup, io, undefined)), imageNotes: () => [] };
      const files = await openImageFiles(images, AbortSignal.timeout(IMAGES_MILLISECONDS));
      try {
        const session = await openSession(setup, io, files);
        const close = async (): Promise<void> => void (await Promise.all([session.close(), files.close()]));
        return { ...session, imageNotes: files.notes, close };
      } catch (error) {
        await files.close();
        throw error;
      }
    },
  };
}
