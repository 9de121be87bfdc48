import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { findCertificateFault } from '../../src/certs/find-certificate-fault.ts';
import { generateServingCertificate, serviceNames } from '../../src/certs/serving-certificate.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { keepCertificate } from '../../src/wire/keep-certificate.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { json, refuse, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

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

/** As a replica makes it whose clock is two hours and more ahead. */
async function fromTheFuture() {
  const made = await generate([{ name: 'commonName', value: 'future' }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() + 3_600_000),
    notAfterDate: new Date(Date.now() + 1e12),
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) }],
  });
  return { caCert: made.cert, caKey: made.private, cert: made.cert, key: made.private };
}

/** An API server that keeps one Secret and has no webhook configurations. */
async function startSecretApi(first: Data) {
  let data = first;
  const api = await startScriptedApi([
    (request, response) => {
      if (!request.path.includes('/secrets')) return refuse(404, 'NotFound')(request, response);
      if (request.method === 'PUT') data = (JSON.parse(request.body) as { data: Data }).data;
      return json({ kind: 'Secret', metadata: { resourceVersion: '1' }, data })(request, response);
    },
  ]);
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await api[Symbol.asyncDispose]();
  });
  return {
    client: createKubernetesClient(api.connection),
    signal: stop.signal,
    read: () => data,
    write: (next: Data) => (data = next),
  };
}

test('a certificate from the future is replaced at the start, with the reason in the log', async () => {
  const api = await startSecretApi(secretOf(await fromTheFuture()));
  const { logger, messages } = createRecordingLogger();
  const parts = { client: api.client, logger, namespace: NAMESPACE };
  const { first } = await keepCertificate(parts, { service: 'wasmgate' }, api.signal);
  expect(findCertificateFault(first, names)).toBeNull();
  expect(api.read()).toEqual(secretOf(first));
  expect(messages('warn')).toEqual(['Replacing the serving certificate: API servers would not accept it']);
});

test('one that another replica wrote is replaced while this one runs', async () => {
  const good = await generateServingCertificate(names);
  const api = await startSecretApi(secretOf(good));
  const { logger } = createRecordingLogger();
  const parts = { client: api.client, logger, namespace: NAMESPACE };
  const options = { service: 'wasmgate', lookMilliseconds: 10 };
  const { first, follow } = await keepCertificate(parts, options, api.signal);
  expect(first).toEqual(good);
  api.write(secretOf(await fromTheFuture()));
  const replaced = Promise.withResolvers<typeof first>();
  follow(replaced.resolve);
  const next = await replaced.promise;
  expect(findCertificateFault(next, names)).toBeNull();
  expect(api.read()).toEqual(secretOf(next));
});
