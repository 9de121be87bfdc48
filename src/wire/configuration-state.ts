import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ServeFlags } from '../cli/serve.ts';
import type { ReadConfiguration } from '../config/follow-configuration.ts';
import { isMissing } from '../files/read-text.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { unusableFiles } from './connect-registry.ts';
import { isOfDockerConfig, readAllNamedFiles, type AllNamedFiles } from './named-files.ts';
import { configurations, withFlags, type Settings } from './settings.ts';

/** All that `serve` works with and that may change while it runs: the settings, and what the files hold that they name. */
export interface ConfigurationState
  extends ReadConfiguration, Pick<AllNamedFiles, 'files' | 'dockerConfig' | 'plugins'> {
  /** As the file and the flags have them. */
  readonly settings: Settings;
  /** Values that can never do what they say, each with its place. */
  readonly warnings: readonly string[];
  /** Digests of the files that the settings name. */
  readonly named: AllNamedFiles['seen'];
  /** Why `registry.dockerConfig` gives no logins; empty if it is usable, or not set. */
  readonly dockerConfigFaults: readonly FileFault[];
}

/** Reports whether a text has only blank lines, comments and document markers. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line));
}

/**
 * Reads the configuration for a start. Flags win over the file. An unusable Docker config is not fatal: the Secret that it is
 * mounted from may come later.
 * @throws AppError naming every problem
 */
export async function readState(flags: ServeFlags): Promise<ConfigurationState> {
  const { config: file } = flags;
  const text = file === undefined ? '' : await configurations.readText(file);
  const { settings: stated, warnings } = configurations.parseWithWarnings(text, file ?? 'defaults');
  const settings = withFlags(stated, flags);
  const { faults, seen: named, ...read } = await readAllNamedFiles(settings.registry);
  const fatal = faults.filter((fault) => !isOfDockerConfig(fault));
  if (fatal.length > 0) throw unusableFiles(fatal);
  const digest = createHash('sha256').update(text).digest('base64');
  const contents = file === undefined ? named : new Map([...named, [file, digest]]);
  const dockerConfigFaults = faults.filter(isOfDockerConfig);
  return { ...read, settings, warnings, named, contents, dockerConfigFaults, isEmpty: isEmpty(text) };
}

/** Returns why a state must not replace another one, whose logins it would lose; null if it may. */
export function faultOf({ dockerConfigFaults }: ConfigurationState): ReturnType<typeof unusableFiles> | null {
  const invalid = dockerConfigFaults.filter(({ error }) => !isMissing(error));
  return invalid.length === 0 ? null : unusableFiles(invalid);
}

/** Reports whether two states look images up alike. */
export function looksUpAlike(before: ConfigurationState, after: ConfigurationState): boolean {
  const partsOf = ({ settings: { registry, images }, named }: ConfigurationState): readonly unknown[] => [
    registry,
    images,
    named,
  ];
  return isDeepStrictEqual(partsOf(before), partsOf(after));
}
