import { describe, expect, test } from 'vitest';
import { chooseHelper, parseCredentialHelpers } from '../../src/credentials/parse-credential-helpers.ts';

describe('the helper for a registry', () => {
  const config = {
    credsStore: 'desktop',
    credHelpers: { 'gcr.io': 'gcloud', 'r.test:5000': 'five', 'plain.test': '' },
  };
  test.for([
    { name: 'its own helper', config, registry: 'gcr.io', helper: 'gcloud', server: 'gcr.io' },
    {
      name: 'its own helper, with a port',
      config,
      registry: 'r.test:5000',
      helper: 'five',
      server: 'r.test:5000',
    },
    {
      name: 'credsStore for any other registry',
      config,
      registry: 'ghcr.io',
      helper: 'desktop',
      server: 'ghcr.io',
    },
    {
      name: 'credsStore for Docker Hub',
      config,
      registry: 'docker.io',
      helper: 'desktop',
      server: 'https://index.docker.io/v1/',
    },
    ...['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'].map((key) => ({
      name: `Docker Hub's own, as ${key}`,
      config: { credHelpers: { [key]: 'pass' } },
      registry: 'docker.io',
      helper: 'pass',
      server: 'https://index.docker.io/v1/',
    })),
  ])('$name', ({ config: document, registry, helper, server }) => {
    expect(chooseHelper(parseCredentialHelpers(JSON.stringify(document), 'x'), registry)).toEqual({
      helper,
      server,
    });
  });

  test.for([
    { name: 'a config without helpers', config: { auths: {} }, registry: 'ghcr.io' },
    {
      name: 'a helper for another registry',
      config: { credHelpers: { 'gcr.io': 'x' } },
      registry: 'eu.gcr.io',
    },
    { name: 'a registry excluded from credsStore', config, registry: 'plain.test' },
  ])('no helper: $name', ({ config: document, registry }) => {
    expect(chooseHelper(parseCredentialHelpers(JSON.stringify(document), 'x'), registry)).toBeNull();
  });
});

test.for([
  { name: 'a path', text: '{"credsStore":"../../bin/sh"}' },
  { name: 'an option', text: '{"credHelpers":{"a.test":"--help"}}' },
  { name: 'a list of helpers', text: '{"credHelpers":["a"]}' },
  { name: 'a number', text: '{"credsStore":7}' },
  { name: 'text that is not JSON', text: 'credsStore: pass' },
])('$name is rejected as a helper', ({ text }) => {
  expect(() => parseCredentialHelpers(text, '/config.json')).toThrow(
    expect.objectContaining({
      code: 'invalid-docker-config',
      message: expect.stringContaining('/config.json') as string,
    }),
  );
});
