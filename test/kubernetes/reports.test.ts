import { describe, expect, test } from 'vitest';
import { REPORT_KINDS } from '../../src/audit/policy-reports/report-apis.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createReportStore } from '../../src/kubernetes/reports.ts';
import { errorStatus, json, list, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;
const KIND = REPORT_KINDS['openreports.io'];
const REPORT = { metadata: { namespace: 'shop', name: 'wasmgate-1', uid: 'u', resourceVersion: '7' } };
const NEW = { metadata: { namespace: 'shop', name: 'wasmgate-1' } };
const AT_ONCE = { spacingMilliseconds: 0, retry: { firstMilliseconds: 1, maxMilliseconds: 1 } };
const TERMINATING = 'unable to create new content in namespace shop because it is being terminated';

async function stage(...steps: readonly Step[]) {
  const api = await startScriptedApi(steps);
  const store = createReportStore({ client: createKubernetesClient(api.connection) }, AT_ONCE);
  return { ...api, store, [Symbol.asyncDispose]: api[Symbol.asyncDispose] };
}

describe('a store of reports', () => {
  test('lists page by page, by label', async () => {
    await using api = await stage(list('1', [NEW], 'more'), list('1', [NEW]));
    const pages: (readonly object[])[] = [];
    const scope = { namespace: null, selector: 'a=b' };
    for await (const page of api.store.pages(KIND, scope, never)) pages.push(page);
    const item = { apiVersion: 'openreports.io/v1alpha1', kind: 'Report', ...NEW };
    expect(pages).toEqual([[item], [item]]);
    expect(api.seen.map(({ path }) => path)).toEqual(Array(2).fill('/apis/openreports.io/v1alpha1/reports'));
    expect(api.seen.map(({ query }) => query.toString())).toEqual([
      'labelSelector=a%3Db&limit=20',
      'labelSelector=a%3Db&limit=20&continue=more',
    ]);
  });

  test('deletes what was read, and nothing newer', async () => {
    await using api = await stage(
      json({}),
      json({}),
      errorStatus(409, 'Conflict'),
      errorStatus(404, 'NotFound'),
    );
    const results = [];
    for (let time = 0; time < 4; time += 1) results.push(await api.store.remove(KIND, REPORT, never));
    expect(results).toEqual([true, true, false, false]);
    expect(api.seen).toHaveLength(4);
    for (const { method, body } of api.seen) {
      const preconditions = { uid: 'u', resourceVersion: '7' };
      expect([method, JSON.parse(body)]).toEqual(['DELETE', expect.objectContaining({ preconditions })]);
    }
  });

  test.each([
    ['created', NEW, json({}), 'written', 'POST'],
    ['replaced', REPORT, json({}), 'written', 'PUT'],
    ['created by another', NEW, errorStatus(409, 'AlreadyExists'), 'changed', 'POST'],
    ['changed by another', REPORT, errorStatus(409, 'Conflict'), 'changed', 'PUT'],
    ['deleted by another', REPORT, errorStatus(404, 'NotFound'), 'changed', 'PUT'],
    ['in a namespace that is gone', NEW, errorStatus(404, 'NotFound'), 'gone', 'POST'],
    ['in a namespace that ends', NEW, errorStatus(403, 'Forbidden', TERMINATING), 'gone', 'POST'],
  ] as const)('a report is %s', async (_case, report, step, result, method) => {
    await using api = await stage(step);
    expect(await api.store.write(KIND, report, never)).toBe(result);
    expect(api.seen).toMatchObject([{ method }]);
  });

  test('a missing right is an error that names the report', async () => {
    await using api = await stage(errorStatus(403, 'Forbidden', 'no'));
    await expect(api.store.write(KIND, NEW, never)).rejects.toMatchObject({
      code: 'forbidden',
      message: 'Cannot write Report "shop/wasmgate-1": no',
    });
  });

  test('retries while the API server is busy, for a while', async () => {
    await using busy = await stage(errorStatus(429, 'TooManyRequests'), errorStatus(503, 'x'), json({}));
    expect(await busy.store.write(KIND, NEW, never)).toBe('written');
    await using down = await stage(errorStatus(503, 'x'));
    await expect(down.store.write(KIND, NEW, never)).rejects.toMatchObject({ code: 'server-error' });
    expect(down.seen).toHaveLength(5);
  });

  test.each([
    [json({ resources: [{ name: 'clusterreports' }, { name: 'reports' }] }), true],
    [json({ resources: [{ name: 'clusterreports' }] }), false],
    [json({}), false],
    [errorStatus(404, 'NotFound'), false],
  ])('finds out whether a kind is served', async (step, expected) => {
    await using api = await stage(step);
    expect(await api.store.isServed(KIND, never)).toBe(expected);
  });
});
