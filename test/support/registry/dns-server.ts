import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const CODES = { nxdomain: 3, servfail: 2, refused: 5 } as const;
const HEADER_BYTES = 12;

export interface DnsQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'other';
  readonly transport: 'udp' | 'tcp';
}

/** A server's reaction to a question: an error, no response, a truncated response that makes the client use TCP, or addresses. */
export type DnsReply =
  | keyof typeof CODES
  | 'silence'
  | 'truncated'
  | { readonly addresses: readonly string[]; readonly ttl?: number; readonly afterMs?: number };

export interface DnsServer extends AsyncDisposable {
  /** In the format of `Resolver.setServers`. */
  readonly address: string;
  readonly questions: readonly DnsQuestion[];
  /** One line per question, such as `good.test A`. */
  readonly lines: () => readonly string[];
}

function readQuestion(message: Buffer): {
  readonly name: string;
  readonly type: number;
  readonly end: number;
} {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(address: string, ttl: number): Buffer {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0xc0_0c, 0); // compression pointer to the name of the question
  head.writeUInt16BE(bytes.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}

function encode(message: Buffer, reply: Exclude<DnsReply, 'silence'>): Buffer {
  const { type, end } = readQuestion(message);
  const version = TYPES[type] === 'A' ? 'ipv4' : 'ipv6';
  const addresses = typeof reply === 'string' ? [] : reply.addresses;
  const fitting = addresses.filter((address) => ipaddr.parse(address).kind() === version);
  const ttl = typeof reply === 'string' ? 0 : (reply.ttl ?? 60);
  const head = Buffer.from(message.subarray(0, end));
  const code = typeof reply === 'string' && reply !== 'truncated' ? CODES[reply] : 0;
  head.writeUInt16BE(0x81_80 | code | (reply === 'truncated' ? 0x02_00 : 0), 2);
  head.writeUInt16BE(fitting.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...fitting.map((address) => recordOf(address, ttl))]);
}

/** Starts a real DNS server over UDP and TCP on 127.0.0.1. `decide` chooses each reply. */
export async function startDnsServer(decide: (question: DnsQuestion) => DnsReply): Promise<DnsServer> {
  const questions: DnsQuestion[] = [];
  const answer = async (message: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | null> => {
    const { name, type } = readQuestion(message);
    const question = { name, type: TYPES[type] ?? ('other' as const), transport };
    questions.push(question);
    const reply = decide(question);
    if (reply === 'silence') return null;
    if (typeof reply === 'object' && reply.afterMs !== undefined)
      await delay(reply.afterMs, undefined, { ref: false });
    return encode(message, reply);
  };
  const answerTcp = async (socket: Socket, chunk: Buffer): Promise<void> => {
    const bytes = await answer(chunk.subarray(2), 'tcp');
    if (bytes === null) return;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    socket.write(Buffer.concat([length, bytes]));
  };
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      void answerTcp(socket, chunk);
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  let isOpen = true;
  const answerUdp = async (
    message: Buffer,
    { to, address }: { readonly to: number; readonly address: string },
  ): Promise<void> => {
    const bytes = await answer(message, 'udp');
    if (bytes !== null && isOpen) udp.send(bytes, to, address);
  };
  udp.on('message', (message, { port: to, address }) => {
    void answerUdp(message, { to, address });
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    address: `127.0.0.1:${port}`,
    questions,
    lines: () => questions.map(({ name, type }) => `${name} ${type}`),
    [Symbol.asyncDispose]: async () => {
      isOpen = false;
      udp.close();
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}
