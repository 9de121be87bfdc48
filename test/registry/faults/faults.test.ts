import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { pushImage, targetOf } from '../../../src/fake-registry/push-image.ts';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { parseReference, type Reference } from '../../../src/image/reference.ts';
import { inspectImage } from '../../../src/images/inspect-image.ts';
import { createPeekImage } from '../../../src/images/peek-image.ts';
import { AppError } from '../../../src/lib/errors.ts';
import type { RegistryClient } from '../../../src/registry/client.ts';
import { REGISTRY_LIMITS } from '../../../src/registry/limits.ts';
import { MODULE } from '../../support/image/tar.ts';
import { createTestClient } from '../../support/registry/registry-client.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';
import { connectionFaults } from './connection-faults.ts';
import { contentFaults } from './content-faults.ts';
import type { Fault, Stage } from './fault.ts';
import { trustFaults } from './trust-faults.ts';

const FAULTS = [...connectionFaults, ...contentFaults, ...trustFaults];

/** Far longer than any row takes, but shorter than the timeout of a test. */
const DEADLINE_MS = 30_000;
const MAX_REQUESTS = 12;

const APP = { os: 'wasi', architecture: 'wasm', files: { 'app.wasm': MODULE }, entrypoint: ['/app.wasm'] };

/** Returns the stage of a request; the first blob requested is the config. */
function stageOf(url: string, blobs: Set<string>): Stage | null {
  if (url.startsWith('/token')) return 'token';
  if (!url.startsWith('/v2/bad/')) return null;
  if (url.includes('/manifests/')) return 'manifest';
  blobs.add(url);
  return [...blobs][0] === url ? 'config' : 'layer';
}

function injectFault(fault: Fault, isRecovered: () => boolean) {
  const blobs = new Set<string>();
  return (handler: RequestListener): RequestListener =>
    (request, response) => {
      const stage = stageOf(request.url ?? '', blobs);
      if (fault.answer === undefined || stage !== fault.at || isRecovered()) handler(request, response);
      else fault.answer(request, response, handler);
    };
}

function startFaultyRegistry(fault: Fault, isRecovered: () => boolean): Promise<TestRegistry> {
  const { auth = 'none', push } = fault;
  return (async () =>
    startRegistry({
      auth,
      users: { joe: 'pass' },
      anonymousPull: true,
      faults: injectFault(fault, isRecovered),
      images: (store) => {
        pushImage(targetOf(store, 'good:latest'), APP);
        if (push === undefined) pushImage(targetOf(store, 'bad:latest'), APP);
        else push(targetOf(store, 'bad:latest'));
      },
      ...(fault.tls === undefined ? {} : { tls: await fault.tls() }),
    }))();
}

/** Reads the manifest and, if that leaves questions open, the layers, as the webhook and `inspect` do. */
async function lookUp(
  client: RegistryClient,
  question: Pick<Parameters<typeof inspectImage>[1], 'reference' | 'credentials' | 'tenant' | 'signal'>,
): Promise<ImageFacts> {
  const facts = await inspectImage(client, { ...question, architectures: ['amd64'] });
  return createPeekImage({ registry: client })({ ...question, facts, override: {}, scope: 'sign' });
}

/** Returns the code of an AppError, or null on success; any other error fails the test. */
async function reasonOf(work: Promise<ImageFacts>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.message).toMatch(/^Cannot (?:read|inspect) image ".+": ./);
    return error.code;
  }
}

test('there are at least forty faults with distinct names', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});

describe('a lookup at a faulty registry', () => {
  test.for(FAULTS)('$name: $reason', async (fault) => {
    let isRecovered = false;
    let now = 0;
    let bytes = 0;
    await using registry = await startFaultyRegistry(fault, () => isRecovered);
    const host = fault.host === undefined ? registry.host : `${fault.host}:${registry.port}`;
    const plainHttp = fault.tls === undefined ? [host, registry.host] : [];
    const options = { plainHttp, onRequest: (event: { bytes: number }) => void (bytes += event.bytes) };
    const { resolve } = fault;
    await using client = createTestClient(
      [],
      { ...options, ...fault.client },
      { now: () => now, ...(resolve === undefined ? {} : { resolve }) },
    );
    const ask = (reference: Reference, milliseconds: number): Promise<ImageFacts> => {
      const credentials = fault.credentials?.(host) ?? [];
      return lookUp(client, {
        reference,
        credentials,
        tenant: 'team-a',
        signal: AbortSignal.timeout(milliseconds),
      });
    };
    const outcome = await reasonOf(ask(parseReference(`${host}/bad`), fault.milliseconds ?? DEADLINE_MS));
    expect(outcome).toBe(fault.reason);
    expect(registry.log.length).toBeLessThanOrEqual(fault.requests ?? MAX_REQUESTS);
    // One document of the maximum size, and what the socket buffers held when the client disconnected.
    expect(bytes).toBeLessThan(REGISTRY_LIMITS.manifestBytes + REGISTRY_LIMITS.configBytes);

    // A fault in the host or the client cannot recover; a lookup at another registry shows that the process still works.
    isRecovered = true;
    now = 3_600_000;
    const isPermanent = fault.tls !== undefined || resolve !== undefined || fault.client !== undefined;
    if (!isPermanent) {
      await ask(parseReference(`${host}/good`), DEADLINE_MS);
      return;
    }
    await using other = await startFaultyRegistry({ name: 'none', reason: null }, () => true);
    await using healthyClient = createTestClient([other]);
    const reference = parseReference(`${other.host}/good`);
    await lookUp(healthyClient, {
      reference,
      credentials: [],
      tenant: 'team-a',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  });
});
