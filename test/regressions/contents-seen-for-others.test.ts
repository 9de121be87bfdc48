import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { CommandOverride } from '../../src/detect/effective-command.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { createPeekImage } from '../../src/images/peek-image.ts';
import { putLayeredImage, type LayeredImage } from '../support/image/layered-image.ts';
import { ELF, hasGnuTar, MODULE } from '../support/image/tar.ts';
import { fetchOptions, imageAt } from '../support/registry/registry-client.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const { registry, client } = await useRegistry();

/** Returns the verdict for the last of several Pods that start the image one after the other. */
async function judgeAfter(image: LayeredImage, overrides: readonly CommandOverride[]): Promise<object> {
  putLayeredImage(registry.store, 'shared/image:1', image);
  const reference = imageAt(registry, 'shared/image:1');
  let facts = await inspectImage(client, { reference, architectures: [], ...fetchOptions() });
  for (const override of overrides) {
    const peek = createPeekImage({ registry: client });
    facts = await peek({ reference, facts, override, scope: 'sign', ...fetchOptions() });
  }
  return detectWasm(facts, overrides.at(-1));
}

const PATH = 'PATH=/usr/bin';
const wasi = { os: 'wasi', architecture: 'wasm' } as const;

/** What wasmgate read because of one Pod's command is cached with the image, and affects Pods of all namespaces. */
describe.skipIf(!hasGnuTar)('contents that were read for another Pod are used', () => {
  test.for<{
    readonly name: string;
    readonly image: LayeredImage;
    readonly other: CommandOverride;
    readonly own: CommandOverride;
    readonly verdict: object;
  }>([
    {
      name: 'a path that is not there hides no program of that name along PATH',
      image: {
        ...wasi,
        config: { Entrypoint: ['app.wasm'], Env: [PATH] },
        layers: [{ tree: { 'usr/bin/app.wasm': MODULE } }],
      },
      other: { command: ['/app.wasm'] },
      own: {},
      verdict: { kind: 'wasm', shape: 'module' },
    },
    {
      name: 'a program along PATH is not taken for a file in the root',
      image: {
        ...wasi,
        config: { Entrypoint: ['/app.wasm'], Env: [PATH] },
        layers: [{ tree: { 'usr/bin/app.wasm': ELF } }],
      },
      other: { command: ['app.wasm'] },
      own: {},
      verdict: { kind: 'wasm', shape: null },
    },
    {
      name: 'a Linux program, with which the look is over, hides no application below it',
      image: { ...wasi, layers: [{ tree: { 'spin.toml': 'spin' } }, { tree: { tool: ELF } }] },
      other: { command: ['/tool'] },
      own: { command: ['/'] },
      verdict: { kind: 'wasm', flavour: 'spin-rootfs', shape: 'application' },
    },
  ])('$name', async ({ image, other, own, verdict }) => {
    expect(await judgeAfter(image, [own])).toMatchObject(verdict);
    expect(await judgeAfter(image, [other, own])).toMatchObject(verdict);
  });
});
