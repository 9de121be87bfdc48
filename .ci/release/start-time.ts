import { performance } from 'node:perf_hooks';
import { must } from '../../test/support/lib/processes.ts';

const STARTS = 7;

/** Milliseconds from starting the image's program until it has printed its version, the median of several starts. */
export async function measureStart(root: string): Promise<number> {
  const asRoot = process.getuid?.() === 0;
  const command = asRoot ? ['chroot', '--userspec=65532:65532'] : ['unshare', '--map-root-user', 'chroot'];
  const [program, ...args] = [...command, root, '/usr/local/bin/node', '/app/main.js', 'version'];
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const begin = performance.now();
    await must(program, args);
    times.push(performance.now() - begin);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? 0;
}
