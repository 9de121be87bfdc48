import { ATTACKER, type Attack } from './attack.ts';
import { podReview } from './pod-review.ts';
import { everyMilliseconds } from './schedule.ts';

const DEFAULTS = {
  everyMilliseconds: 100,
  /** Different registries in one Pod. */
  names: 8,
} as const;

export const silentDns: Attack = {
  name: 'silent-dns',
  title: 'registries whose DNS server never answers, 80 a second',
  victimsByName: true,
  resolve: () => 'silence',
  run: ({ apply }, signal) =>
    everyMilliseconds(DEFAULTS.everyMilliseconds, signal, (index) => {
      const names = Array.from({ length: DEFAULTS.names }, (_, name) => `r${name}.dead-${index}.test`);
      apply(podReview({ namespace: ATTACKER, images: names.map((name) => `${name}/app:1`) }));
    }),
};
