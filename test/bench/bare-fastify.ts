import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fastify } from 'fastify';

/**
 * The baseline of the benchmark: the same framework with its own JSON parser and writer, the same certificate, and a fixed
 * answer. Its argument is the folder of the certificate.
 */
const [folder = '.'] = process.argv.slice(2);
const app = fastify({
  https: {
    cert: readFileSync(join(folder, 'serving.pem')),
    key: readFileSync(join(folder, 'serving-key.pem')),
  },
});
app.get('/readyz', () => 'ok');
for (const path of ['/mutate', '/validate']) {
  app.post(path, (request) => {
    const { uid } = (request.body as { readonly request: { readonly uid: string } }).request;
    return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } };
  });
}
await app.listen({ host: '127.0.0.1', port: 0 });
console.log(JSON.stringify({ port: (app.server.address() as AddressInfo).port }));
