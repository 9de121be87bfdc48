import packageJson from '../package.json' with { type: 'json' };
import { COMPLETE_COMMAND, processArguments, processIo } from './cli/io.ts';
import { runCli } from './cli/run.ts';
import { wireCommands } from './wire/wire-commands.ts';

const { version } = packageJson;
/** The same place from `src/main.ts` and from the bundle, `dist/main.js`. */
const manifests = new URL('../manifests/', import.meta.url);

const args = processArguments(process);
process.exitCode = await runCli(args, processIo(process), wireCommands({ version, manifests }));
// A shell waits for the end of the program, which a login program of the kubeconfig could delay.
if (args[0] === COMPLETE_COMMAND) process.exit();
