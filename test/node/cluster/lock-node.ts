import { once } from 'node:events';
import { createServer } from 'node:net';
import { hasCode } from './error-code.ts';

/** An abstract socket: the kernel removes it however its process ends. */
const LOCK = '\0wasmgate-node';

/** Takes the machine's one node for this process until it ends; returns false if another process has it. */
export async function lockNode(): Promise<boolean> {
  const server = createServer();
  server.unref();
  server.listen(LOCK);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return false;
    throw error;
  }
}
