import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AssessPod } from '../assess/assessment.ts';
import { createLookupBudget, type ImageCatalog } from '../images/image-catalog.ts';
import type { KeychainPort } from '../images/ports.ts';
import type { RegistryClient } from '../registry/client.ts';
import { createAssembler, createCatalog, type AssessParts } from './assemble-assess.ts';
import { looksUpAlike, type ConfigurationState } from './configuration-state.ts';
import { connectRegistry, type RegistrySurroundings } from './connect-registry.ts';
import { describeFault } from './named-files.ts';

const RETIRE_TIMES = {
  /** Between two looks at whether work under the previous settings is done. */
  checkMilliseconds: 500,
  /** By then it is: an admission has 30 s at most, its lookup as long, and then reading the layers. */
  longestMilliseconds: 120_000,
} as const;

type RetireTimes = { readonly [Key in keyof typeof RETIRE_TIMES]: number };

/** Parts that no configuration changes. */
type FixedParts = Omit<AssessParts, 'keychain' | 'registry'> & {
  readonly surroundings: RegistrySurroundings;
};

/** How images are looked up under one state. */
interface Lookups {
  readonly registry: RegistryClient;
  readonly catalog: ImageCatalog;
  /** Returns the use case under a policy. */
  readonly assemble: (settings: ConfigurationState['settings']) => AssessPod;
  /** Reports whether an admission or a lookup that began with them is in progress. */
  readonly isBusy: () => boolean;
}

/** Loads the code that reads the operator's credentials only if the configuration names any. */
async function createOperatorKeychain(
  { settings: { registry }, dockerConfig, plugins, dockerConfigFaults }: ConfigurationState,
  { logger, surroundings: { env } }: FixedParts,
): Promise<KeychainPort | undefined> {
  if (registry.dockerConfig === undefined && registry.credentialProviders === undefined) return undefined;
  for (const { error } of dockerConfigFaults) {
    const advice = 'wasmgate reads images without its logins until registry.dockerConfig is readable.';
    logger.warn({ advice }, describeFault(error));
  }
  const { createKeychain } = await import('../keychain/keychain.ts');
  const dockerConfigs = dockerConfig === null ? [] : [dockerConfig];
  return createKeychain({ logger }, { dockerConfigs, plugins, env });
}

type CreateLookups = (state: ConfigurationState, before: Lookups | null) => Promise<Lookups>;

/** The budget of lookups is the same for all states, or those that are still in progress could double it. */
function createLookupsFactory(fixed: FixedParts): CreateLookups {
  const budget = createLookupBudget();
  return async (state, before) => {
    const { settings, files } = state;
    const keychain = await createOperatorKeychain(state, fixed);
    const registry = connectRegistry(settings.registry, files, fixed.surroundings);
    const parts = { ...fixed, keychain, registry };
    const catalog = createCatalog({ ...parts, budget, inherited: before?.catalog.facts() }, settings);
    const assemble = createAssembler({ ...parts, boundsWaits: true }, catalog);
    let assessments = 0;
    return {
      registry,
      catalog,
      isBusy: () => assessments > 0 || catalog.isBusy(),
      assemble: ({ policy }) => {
        const assess = assemble({ policy });
        return (request) => {
          const assessment = assess(request);
          if (!(assessment instanceof Promise)) return assessment;
          assessments += 1;
          return assessment.finally(() => (assessments -= 1));
        };
      },
    };
  };
}

/** Closes connections once nothing uses them any more. */
async function retire({ registry, isBusy }: Lookups, times: RetireTimes): Promise<void> {
  const latest = performance.now() + times.longestMilliseconds;
  while (isBusy() && performance.now() < latest)
    await delay(times.checkMilliseconds, undefined, { ref: false });
  await registry.close();
}

/** The catalog in use, whichever that is when it is called. */
export type LiveCatalog = Pick<
  ImageCatalog,
  'cached' | 'poll' | 'lookUp' | 'isUnreachable' | 'isKnown' | 'images' | 'restore'
>;

export interface LiveAssess {
  readonly assess: AssessPod;
  readonly catalog: LiveCatalog;
  readonly settings: () => ConfigurationState['settings'];
  /** Registers what is called when images are looked up with other settings than before. */
  readonly onNewLookups: (listener: () => void) => void;
  /** Puts a state to use for all that begins from now on. What is in progress ends with what it began with. @throws AppError */
  readonly apply: (next: ConfigurationState) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Creates the use case under a configuration that may change: each state gets its own parts, at the start as well as later, and
 * one reference is swapped. Facts about images pass from one to the next; failures do not, because the new settings may mend them.
 * @throws AppError if the settings are unusable
 */
export async function createLiveAssess(
  fixed: FixedParts,
  initial: ConfigurationState,
  times: RetireTimes = RETIRE_TIMES,
): Promise<LiveAssess> {
  const createLookups = createLookupsFactory(fixed);
  const first = await createLookups(initial, null);
  let current = { state: initial, lookups: first, assess: first.assemble(initial.settings) };
  const retiring = new Set<Lookups>();
  const listeners: (() => void)[] = [];

  function replace(before: Lookups): void {
    retiring.add(before);
    retire(before, times)
      .catch((error: unknown) => fixed.logger.warn({ err: error }, 'cannot close previous connections'))
      .finally(() => retiring.delete(before));
    for (const listener of listeners) listener();
  }

  return {
    assess: (request) => current.assess(request),
    catalog: {
      cached: (request) => current.lookups.catalog.cached(request),
      poll: (request) => current.lookups.catalog.poll(request),
      lookUp: (request, wait) => current.lookups.catalog.lookUp(request, wait),
      isUnreachable: (image) => current.lookups.catalog.isUnreachable(image),
      isKnown: (request) => current.lookups.catalog.isKnown(request),
      images: () => current.lookups.catalog.images(),
      restore: (image) => current.lookups.catalog.restore(image),
    },
    settings: () => current.state.settings,
    onNewLookups: (listener) => void listeners.push(listener),
    apply: async (next) => {
      const { state, lookups: before } = current;
      const lookups = looksUpAlike(state, next) ? before : await createLookups(next, before);
      const isSame = lookups === before && isDeepStrictEqual(state.settings.policy, next.settings.policy);
      current = { state: next, lookups, assess: isSame ? current.assess : lookups.assemble(next.settings) };
      if (lookups !== before) replace(before);
    },
    close: async () => {
      const all = [current.lookups, ...retiring];
      await Promise.all(all.map(({ registry }) => registry.close()));
    },
  };
}
