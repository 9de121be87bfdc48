import { request } from 'node:https';

/** The status of a GET as a kubelet makes it: the certificate is not looked at. Undefined where nobody answers. */
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
