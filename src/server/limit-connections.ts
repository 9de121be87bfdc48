import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

interface Connection {
  /** The TCP socket, under TLS if there is any. */
  readonly socket: Socket;
  readonly address: string;
  /** Rises with every connection and request: the lowest has been quiet for the longest time. */
  turn: number;
  /** The last request and its answer; null before the first one, and while nothing is asked. */
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse } | null;
}

/** Connections beyond the limit: those being closed, which Node still counts, and those accepted in one turn of the event loop. */
const CLOSING_CONNECTIONS = 256;

/** A request that has arrived as a whole waits for its answer. Idle connections and halves of requests do not. */
function isAnswering({ exchange }: Connection): boolean {
  return exchange !== null && exchange.request.complete;
}

/** Connections by remote address. */
type Counts = ReadonlyMap<string, number>;

function countOf(counts: Counts, { address }: Connection): number {
  return counts.get(address) ?? 0;
}

/**
 * Reports whether to close `one` rather than `other`: one that is not answering before one that is, then one of the address
 * with more connections, then the one that has been quiet for longer.
 */
function comesFirst(one: Connection, other: Connection, counts: Counts): boolean {
  if (isAnswering(one) !== isAnswering(other)) return isAnswering(other);
  const more = countOf(counts, one) - countOf(counts, other);
  return more === 0 ? one.turn < other.turn : more > 0;
}

/** Returns the connection that gives up its place to the newest, or the newest itself if none does. */
function chooseToClose(connections: Iterable<Connection>, newest: Connection, counts: Counts): Connection {
  let chosen: Connection | null = null;
  for (const connection of connections) {
    if (connection === newest) continue;
    if (chosen === null || comesFirst(connection, chosen, counts)) chosen = connection;
  }
  if (chosen === null) return newest;
  // An answer is given up only for an address that has fewer connections, the newest included.
  const isOwed = !isAnswering(chosen) || countOf(counts, chosen) > countOf(counts, newest);
  return isOwed ? chosen : newest;
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The open connections, counted by address. */
function createTable() {
  const connections = new Set<Connection>();
  const counts = new Map<string, number>();
  return {
    connections,
    counts,
    add: (connection: Connection): void => {
      connections.add(connection);
      counts.set(connection.address, countOf(counts, connection) + 1);
    },
    remove: (connection: Connection): void => {
      if (!connections.delete(connection)) return;
      const left = countOf(counts, connection) - 1;
      if (left === 0) counts.delete(connection.address);
      else counts.set(connection.address, left);
    },
  };
}

/**
 * Keeps a server to so many connections. At the limit, a new connection takes the place of one that does nothing, so that
 * nobody keeps the others out by connections that are kept, that never finish a request, or that do not shake hands. Closes one
 * that sends a request before the one before is answered.
 */
export function limitConnections(server: HttpServer | HttpsServer, most: number): void {
  const table = createTable();
  /** TLS sockets know the addresses of the TCP socket below, but not the socket. */
  const byPeer = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  let turns = 0;
  server.maxConnections = most + CLOSING_CONNECTIONS;

  server.on('connection', (socket: Socket) => {
    const connection = { socket, address: socket.remoteAddress ?? '', turn: (turns += 1), exchange: null };
    const peer = peerOf(socket);
    table.add(connection);
    byPeer.set(peer, connection);
    bySocket.set(socket, connection);
    socket.once('close', () => {
      table.remove(connection);
      if (byPeer.get(peer) === connection) byPeer.delete(peer);
    });
    if (table.connections.size <= most) return;
    const loser = chooseToClose(table.connections, connection, table.counts);
    table.remove(loser);
    loser.socket.destroy();
  });
  server.on('secureConnection', (socket: Socket) => {
    const connection = byPeer.get(peerOf(socket));
    if (connection !== undefined) bySocket.set(socket, connection);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = bySocket.get(request.socket);
    if (connection === undefined) return;
    // No API server pipelines (Go's net/http does not). One connection could have thousands of Pods wait.
    if (connection.exchange?.response.writableEnded === false) {
      connection.socket.destroy();
      return;
    }
    connection.turn = turns += 1;
    connection.exchange = { request, response };
    response.once('close', () => {
      if (connection.exchange?.response === response) connection.exchange = null;
    });
  });
}
