import packageJson from '../package.json' with { type: 'json' };
import { processIo } from './cli/io.ts';
import { runCli } from './cli/run.ts';
import { wireCli } from './wire.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo(process), wireCli(packageJson.version));
