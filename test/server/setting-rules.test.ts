import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { applyRules } from '../../src/config/apply-rules.ts';
import { serverRules } from '../../src/server/setting-rules.ts';

function vainIn(section: object): readonly string[] {
  return applyRules(serverRules, section, []).vain.map(({ text }) => text);
}

async function listens(host: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(0, host), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

test.each([
  ['0.0.0.0:8443', 'such as "0.0.0.0"'],
  ['https://0.0.0.0', 'such as "0.0.0.0"'],
  ['[::1]', 'Write "::1"'],
  ['*', 'such as "0.0.0.0"'],
])('wasmgate cannot listen on %s', async (host, says) => {
  expect(vainIn({ host })).toEqual([expect.stringContaining(says)]);
  expect(vainIn({ metricsHost: host })).toEqual([expect.stringContaining(says)]);
  expect(await listens(host)).toBe(false);
});

test.each(['0.0.0.0', '::', '127.0.0.1', 'localhost', '::ffff:127.0.0.1'])(
  'wasmgate listens on %s',
  async (host) => {
    expect(vainIn({ host, metricsHost: host })).toEqual([]);
    expect(await listens(host)).toBe(true);
  },
);

test.each([
  [{ host: '0.0.0.0', port: 9, metricsPort: 9 }, 1],
  [{ host: '0.0.0.0', port: 9, metricsPort: 9, metricsHost: '127.0.0.1' }, 1],
  [{ host: '10.0.0.1', port: 9, metricsPort: 9, metricsHost: '127.0.0.1' }, 0],
  [{ host: '0.0.0.0', port: 0, metricsPort: 0 }, 0],
  [{ host: '0.0.0.0', port: 9, metricsPort: 10 }, 0],
  [{ host: '0.0.0.0', port: 9 }, 0],
])('%j: %i faults', (section, count) => {
  expect(vainIn(section)).toHaveLength(count);
});
