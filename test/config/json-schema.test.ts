import { Check, Compile } from 'typebox/schema';
import { expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { imageSettings } from '../../src/images/settings.ts';
import { AppError } from '../../src/lib/errors.ts';
import { policySettings } from '../../src/policy/settings.ts';
import { registrySettings } from '../../src/registry/settings.ts';
import { serverSettings } from '../../src/server/settings.ts';
import { logSettings } from '../../src/telemetry/settings.ts';
import { nearValues } from '../support/config/near-values.ts';
import { fc } from '../support/lib/properties.ts';

const reader = createConfigurationReader({
  policy: policySettings,
  images: imageSettings,
  registry: registrySettings,
  server: serverSettings,
  log: logSettings,
});
const schema = reader.jsonSchema();
const validator = Compile(schema);

/** Returns the problems that the reader reports; null if it accepts the file. */
function problemsOf(file: unknown): string | null {
  try {
    reader.parse(JSON.stringify(file), 'generated');
    return null;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-configuration') throw error;
    return error.message;
  }
}

test('the schema for editors accepts what the reader accepts, and nothing else', () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(nearValues(schema), (file) => {
      const problems = problemsOf(file);
      expect({ isTaken: validator.Check(file), problems }).toEqual({ isTaken: problems === null, problems });
      seen[problems === null ? 'taken' : 'refused'] += 1;
    }),
    { numRuns: 500 },
  );
  // If all files were rejected, the property would prove nothing.
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(100);
});

test.for([
  {
    name: 'a map with every key commented out',
    file: { registry: { tls: null, mirrors: null } },
    isTaken: true,
  },
  { name: 'a section with every key commented out', file: { registry: null, policy: null }, isTaken: true },
  {
    name: 'null for a map with a required key',
    file: { policy: { handlers: { mine: null } } },
    isTaken: false,
  },
  {
    name: 'null for an optional map',
    file: { registry: { credentialProviders: null } },
    isTaken: false,
  },
  { name: 'null for a value', file: { log: { level: null } }, isTaken: false },
  { name: 'null for a list', file: { registry: { plainHttp: null } }, isTaken: false },
])('$name', ({ file, isTaken }) => {
  const whole = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', ...file };
  expect([Check(schema, whole), problemsOf(whole) === null]).toEqual([isTaken, isTaken]);
});

test('an empty file is valid', () => {
  expect([Check(schema, null), problemsOf(null)]).toEqual([true, null]);
});
