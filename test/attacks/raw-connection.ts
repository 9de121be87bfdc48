import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The address of a Pod, different from the API server's. Linux has all of 127.0.0.0/8. */
const ATTACKERS_ADDRESS = '127.0.0.2';

export interface RawConnections extends Disposable {
  readonly openTls: (port: number, firstBytes: string) => void;
  readonly openTcp: (port: number, firstBytes: string) => void;
  readonly open: () => readonly Socket[];
}

/** Connections from the address of a Pod that send some bytes and then nothing; closed ones are dropped. */
export function createRawConnections(): RawConnections {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  };
  const host = '127.0.0.1';
  return {
    openTcp: (port, firstBytes) => {
      const socket = connectTcp({ port, host, localAddress: ATTACKERS_ADDRESS });
      socket.write(firstBytes);
      keep(socket);
    },
    openTls: (port, firstBytes) => {
      const tcp = connectTcp({ port, host, localAddress: ATTACKERS_ADDRESS });
      tcp.on('error', () => undefined);
      const socket = connectTls({ socket: tcp, rejectUnauthorized: false });
      if (firstBytes !== '') socket.write(firstBytes);
      keep(socket);
    },
    open: () => [...sockets],
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
