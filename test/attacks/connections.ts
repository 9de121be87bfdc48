import type { Attack } from './attack.ts';
import { createRawConnections } from './raw-connection.ts';
import { everyMilliseconds } from './schedule.ts';

const DEFAULTS = {
  /** More than wasmgate keeps. */
  connections: 1_000,
  /** For the metrics port, which keeps 32. */
  metricsConnections: 100,
  everyMilliseconds: 100,
  /** Opened in each turn, so that they take only part of the time. */
  eachTurn: 50,
  scrapeMilliseconds: 500,
} as const;

const HALF_REQUEST = 'POST /mutate HTTP/1.1\r\nHost: x\r\n';

async function scrape(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return answer.ok && (await answer.text()).includes('wasmgate_build_info');
}

export const keptConnections: Attack = {
  name: 'kept-connections',
  title: '1,000 kept connections and half requests, 100 at the metrics port',
  newConnections: true,
  run: async ({ port, metricsPort, check }, signal) => {
    using webhook = createRawConnections();
    using metrics = createRawConnections();
    const scraping = everyMilliseconds(DEFAULTS.scrapeMilliseconds, signal, () =>
      check(() => scrape(metricsPort)),
    );
    await everyMilliseconds(DEFAULTS.everyMilliseconds, signal, () => {
      const missing = Math.min(DEFAULTS.connections - webhook.open().length, DEFAULTS.eachTurn);
      // Alternately idle after a handshake, without one, and with half a request.
      for (let index = 0; index < missing; index += 1) {
        if (index % 3 === 0) webhook.openTcp(port, '');
        else webhook.openTls(port, index % 3 === 1 ? '' : HALF_REQUEST);
      }
      const free = Math.min(DEFAULTS.metricsConnections - metrics.open().length, DEFAULTS.eachTurn);
      for (let index = 0; index < free; index += 1) metrics.openTcp(metricsPort, 'GET /metrics HTTP/1.1\r\n');
    });
    await scraping;
  },
};
