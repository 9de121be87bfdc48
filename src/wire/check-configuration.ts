import { text } from 'node:stream/consumers';
import type { ConfigDeps } from '../cli/config.ts';
import type { ExaminedFiles } from '../config/configuration-reader.ts';
import { isMissing } from '../files/read-text.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { parseServer } from '../registry/hosts/parse-server.ts';
import { findDeniedMirrors, type DeniedMirror, type RegistrySettings } from '../registry/settings.ts';
import { describeDeniedMirror } from './connect-registry.ts';
import { describeFault, readAllNamedFiles } from './named-files.ts';
import { configurations } from './settings.ts';

function problemOf({ path, error }: FileFault): ExaminedFiles['problems'][number] {
  return { path, text: describeFault(error) };
}

/**
 * Finds the mirrors of the configuration itself that wasmgate skips. Those of files that it names are notes only: such files are
 * mostly copies of the nodes' own, where the address means the node.
 */
function skippedMirrors({ mirrors }: RegistrySettings, denied: readonly DeniedMirror[]) {
  const byHost = new Map(denied.map((mirror) => [mirror.host, mirror]));
  return Object.entries(mirrors).flatMap(([registry, list]) =>
    list.flatMap((address, index) => {
      const { host } = parseServer(address, { isWhole: true, subject: address }).base;
      const found = byHost.get(host);
      const path = ['mirrors', registry, index];
      return found === undefined ? [] : [{ path, host, text: describeDeniedMirror(found) }];
    }),
  );
}

async function examineRegistry(registry: RegistrySettings, isStrict: boolean): Promise<ExaminedFiles> {
  const { faults, files } = await readAllNamedFiles(registry);
  const denied = findDeniedMirrors(files.hosts, registry.allowAddresses);
  const skipped = skippedMirrors(registry, denied);
  const own = new Set(skipped.map(({ host }) => host));
  const isAbsent = ({ error }: FileFault): boolean => !isStrict && isMissing(error);
  return {
    problems: faults.filter((fault) => !isAbsent(fault)).map(problemOf),
    vain: skipped,
    absent: faults.filter(isAbsent).map(problemOf),
    notes: denied.filter(({ host }) => !own.has(host)).map(describeDeniedMirror),
  };
}

const STANDARD_INPUT = '-';

/** Checks a configuration file and the files that it names, for `wasmgate config check`. */
export const checkConfiguration: ConfigDeps['check'] = async (file, { isStrict }) => {
  const [source, found] =
    file === STANDARD_INPUT
      ? ['standard input', await text(process.stdin)]
      : [file, await configurations.readText(file)];
  return configurations.check(found, source, {
    registry: (registry) => examineRegistry(registry, isStrict),
  });
};
