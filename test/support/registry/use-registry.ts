import { afterAll } from 'vitest';
import type { RegistryClient, RegistryClientOptions } from '../../../src/registry/client.ts';
import { createTestClient } from './registry-client.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from './registry.ts';

export interface RegistryUse {
  readonly registry: TestRegistry;
  readonly client: RegistryClient;
}

/** Starts a registry and a client for all tests of a file, and stops both after them. */
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
