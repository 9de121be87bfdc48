import { request } from 'node:https';

/** Returns the status of a GET that skips certificate verification, as a kubelet's does; undefined without an answer. */
export function probe(port: number, path: string): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const asked = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (answer) => {
    answer.resume();
    resolve(answer.statusCode);
  });
  asked.once('error', () => resolve(undefined));
  asked.end();
  return promise;
}
