import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DEMO_IMAGES, pushDemoImages } from '../../../src/cli/demo/demo-images.ts';
import { createImageStore } from '../../../src/fake-registry/image-store.ts';
import { createTarLayer } from '../../../src/fake-registry/push-image.ts';
import { COMMAND_COMPONENT, HELLO_MODULE } from '../../../src/fake-registry/wasm-programs.ts';
import { run } from '../../support/lib/processes.ts';

test('engines load the module', async () => {
  const script = `process.exitCode = WebAssembly.validate(Buffer.from(process.argv[1], 'base64')) ? 0 : 1`;
  const check = (bytes: Uint8Array) =>
    run(process.execPath, ['-e', script, Buffer.from(bytes).toString('base64')]);
  expect((await check(HELLO_MODULE)).code).toBe(0);
  expect((await check(COMMAND_COMPONENT)).code).toBe(1);
});

test('the component has the preamble of a component', () => {
  expect([...COMMAND_COMPONENT.subarray(0, 8)]).toEqual([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
});

test('tar reads the layers, and diff_ids match their content', async () => {
  const layer = createTarLayer({ 'hello.wasm': HELLO_MODULE, 'etc/motd': 'hello\n' });
  const { stdout, code } = await run('tar', ['-xO', '-f', '-', 'etc/motd'], {
    stdin: gunzipSync(layer.gzip).toString('latin1'),
  });
  expect({ stdout, code }).toEqual({ stdout: 'hello\n', code: 0 });
  const digest = createHash('sha256').update(gunzipSync(layer.gzip)).digest('hex');
  expect(layer.diffId).toBe(`sha256:${digest}`);
});

test('every image exists, and is the same in every run', () => {
  const [one, other] = [createImageStore(), createImageStore()];
  expect(pushDemoImages(one)).toEqual(pushDemoImages(other));
  for (const reference of Object.values(DEMO_IMAGES)) {
    const [repository = '', tag = ''] = reference.split(':');
    expect(one.manifest(repository, tag)?.digest).toMatch(/^sha256:/);
    expect(one.manifest(repository, tag)).toEqual(other.manifest(repository, tag));
  }
});
