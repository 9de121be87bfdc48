import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../lib/errors.ts';
import type { Health } from './health.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly drainMilliseconds?: number;
  readonly closeMilliseconds?: number;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /**
   * Not ready at once, serving on while the news spreads, each connection for one more answer; then no new connections.
   * Answers under way are finished.
   */
  readonly close: () => Promise<void>;
}

const DEFAULTS = {
  /** Endpoints reach every kube-proxy within a second or two; until then requests still come here. */
  drainMilliseconds: 3000,
  /** With the drain well inside the 30 s of `terminationGracePeriodSeconds`, and longer than a usual admission. */
  closeMilliseconds: 15_000,
  /** How late a connection may close after its last answer while shutting down. */
  sweepMilliseconds: 50,
} as const;

/** Where the user says another address. */
interface AddressNames {
  readonly host: string;
  readonly port: string;
}

const FLAGS: AddressNames = { host: '--host', port: '--port' };

function adviceOn(code: string, names: AddressNames): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Another process listens there; stop it, or choose another port with ${names.port}.`;
    case 'EACCES':
      return `Ports below 1024 need a privilege; choose another with ${names.port}.`;
    case 'EADDRNOTAVAIL':
      return `This machine has no such address; choose another with ${names.host}.`;
    default:
      return undefined;
  }
}

export function cannotListen(
  cause: unknown,
  { host, port }: Pick<ListenOptions, 'host' | 'port'>,
  names: AddressNames = FLAGS,
): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
  const advice = adviceOn(code, names);
  return new AppError('cannot-listen', `Cannot listen on "${host}" port ${port}: ${code}`, {
    cause,
    ...(advice === undefined ? {} : { advice }),
  });
}

/**
 * Each answer from now on ends its connection, while there is still time to open one elsewhere. A connection that is kept
 * until we close it may carry the next request at that very moment, and Go's client does not send a POST twice.
 */
function retireConnections(server: Server): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
}

async function close(app: FastifyInstance<Server>, milliseconds: number): Promise<void> {
  const hurry = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  // Node closes idle connections once, at the start; one that was answering then would stay open, idle, for its whole
  // keep-alive time.
  const sweep = setInterval(() => app.server.closeIdleConnections(), DEFAULTS.sweepMilliseconds);
  try {
    await app.close();
  } finally {
    clearTimeout(hurry);
    clearInterval(sweep);
  }
}

/** @throws AppError `cannot-listen` */
export async function listen(
  app: FastifyInstance<Server>,
  health: Health,
  options: ListenOptions,
): Promise<Listening> {
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    throw cannotListen(error, options);
  }
  const { address, port } = app.server.address() as AddressInfo;
  return {
    host: address,
    port,
    close: async () => {
      health.drain();
      retireConnections(app.server);
      await sleep(options.drainMilliseconds ?? DEFAULTS.drainMilliseconds);
      await close(app, options.closeMilliseconds ?? DEFAULTS.closeMilliseconds);
    },
  };
}
