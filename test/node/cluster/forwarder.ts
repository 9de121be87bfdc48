// node forwarder.ts ADDRESS:PORT=ADDRESS:PORT …: forwards TCP connections from an address on the left to the one on the right.
// There is no kube-proxy on the node: Pods reach the API server and the registry, which listen on loopback, through this program.
import { connect, createServer, type Socket } from 'node:net';
import { argv } from 'node:process';

function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
}

function forward(client: Socket, target: Socket): void {
  client.pipe(target).pipe(client);
  for (const [socket, other] of [
    [client, target],
    [target, client],
  ] as const) {
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
}

for (const pair of argv.slice(2)) {
  const [from = '', to = ''] = pair.split('=');
  const server = createServer((client) => forward(client, connect(parseAddress(to))));
  const { host, port } = parseAddress(from);
  server.listen(port, host);
}
