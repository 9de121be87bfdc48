import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { runDemo } from '../../../src/cli/demo/run-demo.ts';
import { createConfigurationReader } from '../../../src/config/configuration-reader.ts';
import { policySettings } from '../../../src/policy/settings.ts';
import { assembleAssess } from '../../../src/wire/assemble-assess.ts';
import { wireDemo } from '../../../src/wire/wire-demo.ts';
import { MANIFESTS } from '../../support/cli/run-wasmgate.ts';

const COLUMNS = 50;
const { policy } = createConfigurationReader({ policy: policySettings }).defaults();
/** The demo's own policy, so that all results are as expected. */
const settings = { policy: { ...policy, preferRuntimeClasses: ['crun-wasm'] } };

test('sentences fit into a terminal of 50 columns', async () => {
  const deps = wireDemo({ manifests: MANIFESTS, assemble: (parts) => assembleAssess(parts, settings) });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: COLUMNS });
  const output = text(stdout);
  await runDemo(deps, { stdout, stderr: new PassThrough(), env: {} }, { isFull: true });
  stdout.end();
  // Sentences and the summary's columns are indented by two spaces; Pods and responses by four.
  const prose = stripVTControlCharacters(await output)
    .split('\n')
    .filter((line) => /^ {2}\S(?!.* {2})/.test(line));
  expect(prose).toContain('  Changed by /mutate (second call: no change),');
  expect(prose.filter((line) => line.length > COLUMNS)).toEqual([]);
});
