import { expect, test } from 'vitest';
import { createFetchNamespace } from '../../src/kubernetes/live-reads.ts';

/** Each read took a connection: 500 made-up names in 2,000 small requests exhausted the memory. */
test('few namespaces are read at a time, however many requests name some', async () => {
  const answers: (() => void)[] = [];
  const request = (): Promise<Readonly<Record<string, unknown>>> =>
    new Promise((resolve) => answers.push(() => resolve({ metadata: { name: 'young' } })));
  const fetchNamespace = createFetchNamespace({ client: { request } });
  const { signal } = new AbortController();
  const reads = Array.from({ length: 100 }, (_unused, index) => fetchNamespace(`ns-${index}`, signal));
  const settled = Promise.allSettled(reads);
  expect(answers).toHaveLength(16);
  for (const answer of answers.splice(0)) answer();
  const outcomes = await settled;
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
  const next = fetchNamespace('young', signal);
  for (const answer of answers.splice(0)) answer();
  expect(await next).toMatchObject({ name: 'young' });
});
