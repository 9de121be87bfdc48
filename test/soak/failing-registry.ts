import type { RequestListener } from 'node:http';
import type { Dice } from './dice.ts';

/** One in ten requests each. */
const FAULTS: readonly (RequestListener | null)[] = [
  () => undefined,
  (request) => void request.socket.destroy(),
  (_request, response) => void response.writeHead(500).end(),
  (_request, response) => void response.writeHead(429).end(),
  ...Array.from({ length: 6 }, () => null),
];

/** A registry that now and then times out, resets the connection, fails, or limits requests. */
export function failAtRandom(dice: Dice): (handler: RequestListener) => RequestListener {
  return (handler) => (request, response) => {
    (dice.pick(FAULTS) ?? handler)(request, response);
  };
}
