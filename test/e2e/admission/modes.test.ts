import { describe, expect, test } from 'vitest';
import type { PodList } from '../../support/e2e/install.ts';
import { useStage } from '../../support/e2e/use-stage.ts';
import { podAuditAnnotations } from '../../support/kubernetes/audit-log.ts';
import { apply, getJson } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, pod } from '../../support/kubernetes/objects.ts';

const { kubectl, facts, missing, note } = useStage();
const { images } = facts;

const module = { containers: [{ name: 'app', image: images.module }] };
const onRunc = { ...module, runtimeClassName: 'runc' };
const WOULD_DENY =
  /^Warning: wasmgate\/handler-cannot-run-image: would deny: container "app" \(image .* RuntimeClass "runc".*$/m;

describe.skipIf(missing)(`modes by namespace${note}`, () => {
  test('audit: changes nothing, and reports what it would have changed', async () => {
    const { output, pod: made, annotations } = await applyIn('audit', module);
    expect(made).toMatchObject({ spec: { containers: [{ resources: {} }] } });
    expect(made?.spec['runtimeClassName']).toBeUndefined();
    expect(output.stderr).toContain('Warning: wasmgate/audit: would set runtimeClassName "crun-wasm"');
    expect(annotations).toMatchObject({
      'validate.wasmgate.dev/mode': 'audit',
      'validate.wasmgate.dev/images': 'app=wasm/wasi-image',
      'validate.wasmgate.dev/runtime-class': 'crun-wasm',
      'validate.wasmgate.dev/outcome': 'would-change',
      'validate.wasmgate.dev/would-change': expect.stringContaining('/spec/runtimeClassName') as string,
    });
  });

  test('audit: denies nothing, and reports what it would have denied', async () => {
    const { output, pod: made, annotations } = await applyIn('audit', onRunc);
    expect(made?.spec['runtimeClassName']).toBe('runc');
    expect(output.stderr.trim()).toMatch(WOULD_DENY);
    expect(output.stderr.match(/^Warning: /gm)).toHaveLength(1);
    expect(annotations).toMatchObject({
      'validate.wasmgate.dev/outcome': 'would-deny',
      'validate.wasmgate.dev/findings': 'handler-cannot-run-image',
    });
  });

  test('warn: changes Pods', async () => {
    const { output, pod: made } = await applyIn('warn', module);
    expect(made?.spec['runtimeClassName']).toBe('crun-wasm');
    expect(output.stderr).toBe('');
  });

  test('warn: warns instead of denying', async () => {
    const { output, pod: made } = await applyIn('warn', onRunc);
    expect(made?.spec['runtimeClassName']).toBe('runc');
    expect(output.stderr).toMatch(WOULD_DENY);
  });

  test('off: the API server does not call wasmgate', async () => {
    const { output, pod: made, annotations } = await applyIn('off', onRunc);
    expect(output).toMatchObject({ code: 0, stderr: '' });
    expect(made?.spec['runtimeClassName']).toBe('runc');
    expect(Object.keys(annotations).filter((key) => key.includes('wasmgate'))).toEqual([]);
  });

  test('an invalid mode: the configured one applies, and a warning says so', async () => {
    const { output, pod: made } = await applyIn('aduit', onRunc);
    expect(output.code).toBe(1);
    expect(made).toBeUndefined();
    expect(output.stderr).toContain(
      'namespace label wasmgate.dev/mode: "aduit" is not one of enforce, warn, audit, off',
    );
  });
});

/** Applies a Pod in a namespace with that label; returns kubectl's output, the stored Pod and the audit log's entry. */
async function applyIn(mode: string, spec: object) {
  const namespace = await createNamespace(kubectl, mode, { 'wasmgate.dev/mode': mode });
  const output = await apply(kubectl, [pod('app', namespace, { spec })]);
  const { items } = await getJson<PodList>(kubectl, ['pods', '-n', namespace]);
  const [annotations = {}] = await podAuditAnnotations(facts.auditLog, namespace);
  return { output, pod: items[0], annotations };
}
