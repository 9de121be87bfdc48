import { text } from 'node:stream/consumers';
import type { ConfigDeps } from '../cli/config.ts';
import type { ExaminedFiles } from '../config/configuration-reader.ts';
import { isMissing } from '../files/read-text.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { findDeniedMirrors, type RegistrySettings } from '../registry/settings.ts';
import { describeDeniedMirror } from './connect-registry.ts';
import { describeFault, readAllNamedFiles } from './named-files.ts';
import { configurations } from './settings.ts';

function problemOf({ path, error }: FileFault): ExaminedFiles['problems'][number] {
  return { path, text: describeFault(error) };
}

async function examineRegistry(registry: RegistrySettings, isStrict: boolean): Promise<ExaminedFiles> {
  const { faults, files } = await readAllNamedFiles(registry);
  const isAbsent = ({ error }: FileFault): boolean => !isStrict && isMissing(error);
  return {
    problems: faults.filter((fault) => !isAbsent(fault)).map(problemOf),
    absent: faults.filter(isAbsent).map(problemOf),
    notes: findDeniedMirrors(files.hosts, registry.allowAddresses).map(describeDeniedMirror),
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
