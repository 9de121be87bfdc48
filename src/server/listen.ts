import type { EventEmitter } from 'node:events';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../lib/errors.ts';
import type { Health } from './health.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly drainMilliseconds?: number;
  readonly closeMilliseconds?: number;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /**
   * Reports not ready at once and continues to serve while that spreads, with one more answer for each connection. Then stops
   * accepting connections, and finishes the requests in flight.
   */
  readonly close: () => Promise<void>;
}

const SHUTDOWN_TIMES = {
  /** Endpoints reach every kube-proxy within a second or two; until then, requests still arrive. */
  drainMilliseconds: 3000,
  /** Longer than a usual admission; together with the drain well below the 30 s of `terminationGracePeriodSeconds`. */
  closeMilliseconds: 15_000,
  /** The time after its last answer for which a connection may stay open during shutdown. */
  sweepMilliseconds: 50,
} as const;

/** Names of the settings that choose another address. */
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
      return `Ports below 1024 require privileges; choose another port with ${names.port}.`;
    case 'EADDRNOTAVAIL':
      return `This machine does not have that address; choose another with ${names.host}.`;
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
 * Makes each further answer end its connection, while clients have time to connect elsewhere. On a connection kept until the
 * server closes it, the next request may arrive at that very moment, and Go's client does not retry a POST.
 */
function retireConnections(server: Server): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
}

async function close(app: FastifyInstance<Server>, milliseconds: number): Promise<void> {
  const closeAll = setTimeout(() => app.server.closeAllConnections(), milliseconds);
  // Node closes idle connections only once; one that was answering then would stay open for its whole keep-alive time.
  const sweep = setInterval(() => app.server.closeIdleConnections(), SHUTDOWN_TIMES.sweepMilliseconds);
  try {
    await app.close();
  } finally {
    clearTimeout(closeAll);
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
      await sleep(options.drainMilliseconds ?? SHUTDOWN_TIMES.drainMilliseconds);
      await close(app, options.closeMilliseconds ?? SHUTDOWN_TIMES.closeMilliseconds);
    },
  };
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Resolves with the first signal to stop. It then restores the default handlers: a second Ctrl-C ends the process at once.
 * @param source the process
 */
export function stopSignal(source: EventEmitter): Promise<StopSignal> {
  return new Promise((resolve) => {
    const stop = (signal: StopSignal): void => {
      for (const name of STOP_SIGNALS) source.off(name, stop);
      resolve(signal);
    };
    for (const name of STOP_SIGNALS) source.on(name, stop);
  });
}
