import type { RequestListener } from 'node:http';
import { ATTACKER, type Attack } from './attack.ts';
import { podReview } from './pod-review.ts';
import { everyMilliseconds } from './schedule.ts';

const FAULTS: Readonly<Record<string, RequestListener>> = {
  '502': (_request, response) => void response.writeHead(502).end(),
  '503': (_request, response) => void response.writeHead(503, { 'retry-after': '60' }).end(),
  '504': (_request, response) => void response.writeHead(504).end(),
  cut: (request) => void request.socket.destroy(),
  hanging: () => undefined,
};

const NAMES = Object.keys(FAULTS);
const DEFAULTS = { everyMilliseconds: 50 } as const;

export const failingRepositories: Attack = {
  name: 'failing-repositories',
  title: 'images that the shared registry answers with 502, 503, 504, or not at all',
  answer: (path) => {
    const [, fault = ''] = /^\/v2\/attacker\/([a-z0-9]+)-/.exec(path) ?? [];
    return Object.hasOwn(FAULTS, fault) ? (FAULTS[fault] ?? null) : null;
  },
  run: ({ registry, apply }, signal) =>
    everyMilliseconds(DEFAULTS.everyMilliseconds, signal, (index) => {
      const fault = NAMES[index % NAMES.length] ?? '';
      apply(podReview({ namespace: ATTACKER, images: [`${registry}/attacker/${fault}-${index}:1`] }));
    }),
};
