import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixtureImages, putFixtureImage } from '../support/image/fixture-images.ts';
import type { RegistryAuth } from '../support/registry/registry-auth.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';

/** What a lookup of an image needs beyond its manifest and config. */
export interface LookupKind {
  readonly of: string;
  /** A real image, from test/images. */
  readonly image: string;
  /** Responses of the registry for each image, without a token. */
  readonly responses: number;
}

/** The first two name what an image is; the layers of the third are read, because its manifest leaves open what it is. */
export const LOOKUP_KINDS = {
  plain: { of: 'manifest and config', image: 'spin-v2-app', responses: 2 },
  index: { of: 'index, manifest and config', image: 'oras-index-component', responses: 3 },
  layer: { of: 'manifest, config and a layer', image: 'bk-wasi-wasm', responses: 3 },
} as const satisfies Record<string, LookupKind>;

export interface SlowRegistry extends AsyncDisposable {
  readonly registry: TestRegistry;
  /** Delays every response from now on, those with tokens included. */
  readonly setDelay: (milliseconds: number) => void;
  /** Stores a real image under a name that nobody has looked up; returns its reference. */
  readonly putUnseen: (image: string) => string;
  /** TCP connections so far. */
  readonly connections: () => number;
}

/** Starts a registry in memory whose responses take a while, as those of a distant one do. */
export async function startSlowRegistry(auth: Partial<RegistryAuth> = {}): Promise<SlowRegistry> {
  const sockets = new Set<Socket>();
  let delay = 0;
  const slow = (handler: RequestListener): RequestListener => {
    return (request, response) => {
      sockets.add(request.socket);
      if (delay === 0) handler(request, response);
      else void sleep(delay).then(() => handler(request, response));
    };
  };
  const registry = await startRegistry({ ...auth, faults: slow });
  const images = new Map(loadFixtureImages().map((image) => [image.name, image]));
  let count = 0;
  return {
    registry,
    setDelay: (milliseconds) => {
      delay = milliseconds;
    },
    putUnseen: (name) => {
      const image = images.get(name);
      if (image === undefined) throw new Error(`There is no image "${name}"`);
      count += 1;
      putFixtureImage(registry.store, image, `unseen/${count}:latest`);
      return `${registry.host}/unseen/${count}:latest`;
    },
    connections: () => sockets.size,
    [Symbol.asyncDispose]: registry.close,
  };
}
