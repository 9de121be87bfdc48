// Runs the command line as `main` does, with a fake server, for tests of pipes and signals.
import { EXIT_CODES } from '../../../src/cli/command.ts';
import { processIo } from '../../../src/cli/io.ts';
import { runCli } from '../../../src/cli/run.ts';
import { serveCommand } from '../../../src/cli/serve.ts';
import { versionCommand } from '../../../src/cli/version.ts';

const LONG_HELP = 5000;

const serve = serveCommand({
  logLevels: ['info'],
  logFormats: ['auto'],
  configurationKeys: () =>
    Array.from({ length: LONG_HELP }, (_, index) => ({
      path: `policy.key${index}`,
      type: 'text',
      default: null,
      description: 'A key that makes the help longer than a pipe holds.',
    })),
  serve: () => Promise.resolve(EXIT_CODES.ok),
});

process.exitCode = await runCli(process.argv.slice(2), processIo(process), [
  serve,
  versionCommand({ version: '1.2.3', node: '24.0.0', platform: 'linux/amd64' }),
]);
