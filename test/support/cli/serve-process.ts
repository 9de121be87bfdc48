import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

/** Runs `wasmgate serve` on free ports of this machine, with an unreachable cluster, until the test ends at the latest. */
export async function serveWithoutCluster(folder: string, flags: readonly string[]) {
  const kubeconfig = join(folder, 'kubeconfig');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  const own = ['serve', '--kubeconfig', kubeconfig, '--host', '127.0.0.1', '--port', '0', ...flags];
  const program = spawn(process.execPath, [MAIN, ...own], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  program.stderr.on('data', (chunk: Buffer) => void (said.stderr += chunk.toString()));
  const ended = once(program, 'exit') as Promise<[number | null]>;
  // A test that fails stops nothing.
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await ended;
  });
  // A loop over the lines would close them at its end.
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  /** Resolves with the next log line that contains these words. */
  const heard = async (words: string): Promise<Readonly<Record<string, unknown>>> => {
    for (;;) {
      const { done, value: line } = await lines.next();
      if (done === true) throw new Error(`it ended without a word of "${words}": ${said.stderr}`);
      said.stdout += `${line}\n`;
      if (line.includes(words)) return JSON.parse(line) as Readonly<Record<string, unknown>>;
    }
  };
  return { program, said, ended, heard };
}
