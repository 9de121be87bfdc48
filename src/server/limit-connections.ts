import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

interface Connection {
  /** The TCP socket, below TLS if the server uses TLS. */
  readonly socket: Socket;
  readonly address: string;
  /** Rises with every connection and request; the lowest connection has been quiet for the longest time. */
  activity: number;
  /** The request under way and its answer; null between requests. */
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse } | null;
}

/** Room beyond the limit for connections being closed, which Node still counts, and for those accepted in one event loop turn. */
const CLOSING_CONNECTIONS = 256;

/** Reports whether a complete request waits for its answer. Idle connections and partial requests do not count. */
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
  return more === 0 ? one.activity < other.activity : more > 0;
}

/** Returns the connection to close for the newest one, or the newest itself if none yields. */
function chooseToClose(connections: Iterable<Connection>, newest: Connection, counts: Counts): Connection {
  let chosen: Connection | null = null;
  for (const connection of connections) {
    if (connection === newest) continue;
    if (chosen === null || comesFirst(connection, chosen, counts)) chosen = connection;
  }
  if (chosen === null) return newest;
  // Only an address with fewer connections, the newest included, may interrupt an answer.
  const yields = !isAnswering(chosen) || countOf(counts, chosen) > countOf(counts, newest);
  return yields ? chosen : newest;
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
 * Limits a server's connections. At the limit, a new connection replaces an idle one, so that no client locks out others with
 * idle connections, partial requests or unfinished handshakes. Closes a connection that sends a request before the
 * previous one is answered.
 */
export function limitConnections(server: HttpServer | HttpsServer, most: number): void {
  const table = createTable();
  /** A TLS socket knows the addresses of its TCP socket, but not the socket. */
  const byPeer = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  let activities = 0;
  server.maxConnections = most + CLOSING_CONNECTIONS;

  server.on('connection', (socket: Socket) => {
    const connection = {
      socket,
      address: socket.remoteAddress ?? '',
      activity: (activities += 1),
      exchange: null,
    };
    const peer = peerOf(socket);
    table.add(connection);
    byPeer.set(peer, connection);
    bySocket.set(socket, connection);
    socket.once('close', () => {
      table.remove(connection);
      if (byPeer.get(peer) === connection) byPeer.delete(peer);
    });
    if (table.connections.size <= most) return;
    const closed = chooseToClose(table.connections, connection, table.counts);
    table.remove(closed);
    closed.socket.destroy();
  });
  server.on('secureConnection', (socket: Socket) => {
    const connection = byPeer.get(peerOf(socket));
    if (connection !== undefined) bySocket.set(socket, connection);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = bySocket.get(request.socket);
    if (connection === undefined) return;
    // API servers do not pipeline (Go's net/http does not), and pipelining could make thousands of Pods wait on one connection.
    if (connection.exchange?.response.writableEnded === false) {
      connection.socket.destroy();
      return;
    }
    connection.activity = activities += 1;
    connection.exchange = { request, response };
    response.once('close', () => {
      if (connection.exchange?.response === response) connection.exchange = null;
    });
  });
}
