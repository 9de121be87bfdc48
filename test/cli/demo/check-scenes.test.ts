import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { runDemo } from '../../../src/cli/demo/run-demo.ts';
import { createConfigurationReader } from '../../../src/config/configuration-reader.ts';
import { policySettings, type PolicySettings } from '../../../src/policy/settings.ts';
import { assembleAssess } from '../../../src/wire/assemble-assess.ts';
import { wireDemo } from '../../../src/wire/wire-demo.ts';
import { MANIFESTS } from '../../support/cli/run-wasmgate.ts';

const defaults = createConfigurationReader({ policy: policySettings }).defaults();

/** The demo under another policy than it was written for. */
async function demoUnder(policy: Partial<PolicySettings>) {
  const deps = wireDemo({
    manifests: MANIFESTS,
    assemble: (parts) => assembleAssess(parts, { policy: { ...defaults.policy, ...policy } }),
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = text(stdout);
  const code = await runDemo(deps, { stdout, stderr, env: {} });
  stdout.end();
  return { code, output: await output };
}

test('the demo holds itself to what it promises: exit code 1 and words where it is not so', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: ['crun-wasm'], mode: 'off' });
  expect(code).toBe(1);
  expect(output).toContain('NOT AS PROMISED: answer: promised changed, found untouched');
  expect(output).toContain('NOT AS PROMISED: it does not say: wasmtime-spin-v2');
  expect(output).toContain('1 of 8 as promised');
});

test('another choice of the class is noticed', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: [] });
  expect(code).toBe(1);
  expect(output).toContain('NOT AS PROMISED: RuntimeClass: promised crun-wasm, found wasmtime');
});

test('a refusal that does not come is noticed', async () => {
  const { code, output } = await demoUnder({ preferRuntimeClasses: ['crun-wasm'], mode: 'warn' });
  expect(code).toBe(1);
  expect(output).toContain('NOT AS PROMISED: answer: promised refused, found changed');
});
