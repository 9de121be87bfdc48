import packageJson from '../package.json' with { type: 'json' };
import { processIo } from './cli/io.ts';
import { runCli } from './cli/run.ts';
import { wireCommands } from './wire/wire-commands.ts';

const { version } = packageJson;
/** The same place from `src/main.ts` and from the bundle, `dist/main.js`. */
const manifests = new URL('../manifests/', import.meta.url);

process.exitCode = await runCli(
  process.argv.slice(2),
  processIo(process),
  wireCommands({ version, manifests }),
);
