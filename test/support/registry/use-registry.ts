import { afterAll } from 'vitest';
import type { RegistryClient, RegistryClientOptions } from '../../../src/registry/client.ts';
import { createTestClient } from './registry-client.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from './registry.ts';

export interface RegistryUse {
  readonly registry: TestRegistry;
  readonly client: RegistryClient;
}

/** A registry for all tests of a file, and a client that may ask it; both end with the file. */
export async function useRegistry(
  options: RegistryOptions = {},
  clientOptions: Partial<RegistryClientOptions> = {},
): Promise<RegistryUse> {
  const registry = await startRegistry(options);
  const client = createTestClient([registry], clientOptions);
  afterAll(async () => {
    await client.close();
    await registry.close();
  });
  return { registry, client };
}
