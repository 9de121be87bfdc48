import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { keepCertificate, type CertificateStore } from '../../src/certs/keep-certificate.ts';
import type { ServedCertificate } from '../../src/certs/kept-certificate.ts';
import { generateServingCertificate, serviceNames } from '../../src/certs/serving-certificate.ts';
import { loadCertificateSecret, readCertificateSecret } from '../../src/kubernetes/certificate-secret.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createWebhookConfigurations } from '../../src/kubernetes/webhook-configurations.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { json, errorStatus, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

const NAMESPACE = 'wasmgate-system';
const names = serviceNames('wasmgate', NAMESPACE);

type Data = Readonly<Record<string, string>>;

function secretOf(bundle: Awaited<ReturnType<typeof generateServingCertificate>>): Data {
  const texts = {
    'tls.crt': bundle.cert,
    'tls.key': bundle.key,
    'ca.crt': bundle.caCert,
    'ca.key': bundle.caKey,
  };
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
}

/** Generates a certificate as a replica whose clock is more than two hours ahead. */
async function fromTheFuture() {
  const made = await generate([{ name: 'commonName', value: 'future' }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() + 3_600_000),
    notAfterDate: new Date(Date.now() + 1e12),
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) }],
  });
  return { caCert: made.cert, caKey: made.private, cert: made.cert, key: made.private };
}

/** Starts an API server that keeps one Secret and has no webhook configurations. */
async function startSecretApi(first: Data) {
  let data = first;
  const api = await startScriptedApi([
    (request, response) => {
      if (!request.path.includes('/secrets')) return errorStatus(404, 'NotFound')(request, response);
      if (request.method === 'PUT') data = (JSON.parse(request.body) as { data: Data }).data;
      return json({ kind: 'Secret', metadata: { resourceVersion: '1' }, data })(request, response);
    },
  ]);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await api[Symbol.asyncDispose]();
  });
  const { logger, messages } = createRecordingLogger();
  const client = createKubernetesClient(api.connection);
  const location = { namespace: NAMESPACE };
  const store: CertificateStore = {
    load: (renew) => loadCertificateSecret({ client, logger, renew }, location, stop.signal),
    read: () => readCertificateSecret(client, location, stop.signal),
    keepCaBundle: (readCa) =>
      createWebhookConfigurations({ client, logger }, { checkMilliseconds: 10 }).keepCaBundle(
        readCa,
        stop.signal,
      ),
  };
  return {
    store,
    logger,
    messages,
    read: () => data,
    write: (next: Data) => (data = next),
  };
}

test('a certificate that is not valid yet is replaced at the start, with the reason in the log', async () => {
  const api = await startSecretApi(secretOf(await fromTheFuture()));
  const { first, fault } = await keepCertificate(api, names);
  expect(fault()).toBeNull();
  expect(api.read()['tls.crt']).toBe(Buffer.from(first.cert).toString('base64'));
  expect(api.messages('warn')).toEqual([
    'replacing the serving certificate: API servers would not accept it',
  ]);
});

test('an unusable certificate that another replica wrote is replaced at run time', async () => {
  const good = await generateServingCertificate(names);
  const api = await startSecretApi(secretOf(good));
  const { first, follow } = await keepCertificate(api, names);
  expect(first.cert).toBe(good.cert);
  api.write(secretOf(await fromTheFuture()));
  const replaced = Promise.withResolvers<ServedCertificate>();
  follow({ onReplaced: replaced.resolve, onChecked: () => {} });
  const { cert } = await replaced.promise;
  expect(api.read()['tls.crt']).toBe(Buffer.from(cert).toString('base64'));
});
