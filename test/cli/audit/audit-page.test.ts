import { describe, expect, test } from 'vitest';
import type { AuditReport } from '../../../src/audit/audit-report.ts';
import { auditPage } from '../../../src/cli/audit/html/audit-page.ts';
import { markup, styleElement } from '../../../src/cli/audit/html/markup.ts';
import { stripControlCharactersInLines } from '../../../src/lib/strip-control-characters.ts';
import { auditReport, finding, FULL_REPORT, HOSTILE, workload } from '../../support/cli/audit-report.ts';
import { fc } from '../../support/lib/properties.ts';

function page(report: AuditReport): string {
  return [...auditPage(report, { version: '1.2.3', whyOf: (id) => `why of ${id}` })].join('');
}

const FULL = page(FULL_REPORT);

/** Returns the part of the page from the element with this id to the end of its section. */
function section(text: string, id: string): string {
  return new RegExp(`<section id="${id}"[^]*?</section>`).exec(text)?.[0] ?? '';
}

describe('markup', () => {
  test('any text stays a text, in an element and in an attribute', () => {
    const decode = (text: string): string =>
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [, attribute = '', body = ''] =
          /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/.exec(markup`<p title="${text}">${text}</p>`.toString()) ??
          [];
        const expected = stripControlCharactersInLines(text.toWellFormed());
        expect([decode(attribute), decode(body)]).toEqual([expected, expected]);
      }),
    );
  });

  test('lists, numbers and markup are joined; only markup is not escaped', () => {
    const item = markup`<li>${'<b>'}</li>`;
    expect(markup`<ul>${[item, 2, '&', null, [item]]}</ul>`.toString()).toBe(
      '<ul><li>&lt;b&gt;</li>2&amp;<li>&lt;b&gt;</li></ul>',
    );
  });

  test('what looks like markup in JSON is a text', () => {
    const forged = JSON.parse('{"text":"<script>"}') as never;
    expect(() => markup`${forged}`.toString()).toThrow(TypeError);
  });

  test('a style that could end its element is an error', () => {
    expect(() => styleElement('a{content:"</style>"}')).toThrow('contains "<"');
  });
});

describe('the page', () => {
  test('names every id once, and every link leads to one', () => {
    const ids = [...FULL.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...FULL.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
    expect(targets.filter((href) => !href.startsWith('#'))).toEqual([]);
    expect(targets.filter((href) => !ids.includes(href.slice(1)))).toEqual([]);
    expect(targets.length).toBeGreaterThan(40);
  });

  test('shows nothing of the cluster as markup, and no control character', () => {
    expect(FULL).not.toContain('<script');
    expect(FULL).not.toContain('<img');
    expect(FULL).not.toContain('\u202e');
    const shown = FULL.split('&quot;&gt;&lt;script&gt;document.title=&#39;broken&#39;&lt;/script&gt;');
    expect(shown.length).toBeGreaterThan(15);
    expect(HOSTILE).toContain('\u202e');
  });

  test('holds the numbers of the summary, a row for each namespace, and every workload', () => {
    const { summary, workloads } = FULL_REPORT;
    const text = section(FULL, 'summary');
    // The workload whose running Pods lack their class is failing, not denied.
    expect(text).toContain('<b>1</b> failing');
    expect(text).toContain(`<b>${summary.outcomes.refused - 1}</b> denied`);
    expect(text).toContain(`<b>${summary.findings.error}</b> errors`);
    expect(text).toContain('204 running Pods of 3 workloads lack what they need.');
    const namespaces = new Set(workloads.map(({ subject }) => subject.namespace));
    expect(section(FULL, 'where').split('<tr>')).toHaveLength(namespaces.size + 2);
    expect(FULL.match(/id="w\d+"/g)).toHaveLength(workloads.length);
  });

  test('shows each text of a finding once, with its fix and all workloads', () => {
    const workloads = ['a', 'b', 'c'].map((name) =>
      workload({
        subject: ['Deployment', 'shop', name],
        findings: [finding('image-unknown', { message: name === 'c' ? 'other' : 'same', advice: 'do it' })],
      }),
    );
    const text = section(page(auditReport(workloads)), 'findings');
    expect(text).toContain('<code>image-unknown</code></h4><span class="count">3 workloads</span>');
    expect(text.match(/<p>same<\/p>/g)).toHaveLength(1);
    expect(text).toMatch(
      /<p>same<\/p><p class="fix"><strong>Fix<\/strong> do it<\/p><ul class="who"><li><a href="#w0">Deployment shop\/a<\/a><\/li><li><a href="#w1">/,
    );
    expect(text).toContain('why of image-unknown');
  });

  test('orders findings by running Pods, then by workloads', () => {
    const of = (name: string, ...findings: readonly ReturnType<typeof finding>[]) =>
      workload({ subject: ['Deployment', 'shop', name], findings });
    const report = auditReport([
      of('a', finding('limits-conflict'), finding('file-not-wasm')),
      of('b', finding('file-not-wasm'), finding('image-unknown', { concerns: 'running-pods', pods: 7 })),
    ]);
    const ids = [...section(page(report), 'findings').matchAll(/<code>([a-z-]+)<\/code><\/h4>/g)].map(
      ([, id]) => id,
    );
    expect(ids).toEqual(['image-unknown', 'file-not-wasm', 'limits-conflict']);
  });

  test('shows changes as YAML with reasons, or says that mode audit makes none', () => {
    expect(FULL).toContain(
      '<ins>+ spec.template.spec.nodeSelector:\n+   example.com/wasm: &quot;true&quot;\n</ins><span class="soft">  # of RuntimeClass &quot;wasmtime&quot;</span>\n',
    );
    expect(FULL).toContain('<h4>Changes that mode enforce would make</h4>');
  });

  test('says whether it is complete, and what is missing', () => {
    const whole = page(auditReport([]));
    expect(whole).not.toContain('This report is incomplete');
    expect(whole).toContain('There is no workload to judge.');
    expect(FULL).toContain('This report is incomplete.</strong> wasmgate could not list everything.');
    expect(section(FULL, 'gaps')).toContain(
      'cannot list resource &quot;nodes&quot; in API group &quot;&quot; at the cluster scope<p class="fix"><strong>Fix</strong> The right to list nodes is missing.',
    );
    expect(section(FULL, 'gaps')).toContain('3 static Pods skipped');
    const broken = page(auditReport([], { isComplete: false, isInterrupted: true }));
    expect(broken).toContain('It was interrupted, and holds what wasmgate had judged by then.');
  });

  test('says which of classes and nodes could not be listed', () => {
    const capabilities = { classes: null, handlersWithoutClass: null, runtimes: null, effects: [] };
    const text = page(auditReport([], { capabilities }));
    expect(text).toContain('wasmgate could not list the RuntimeClasses.');
    expect(text).toContain('wasmgate could not list the nodes.');
  });
});

test('grows with the number of workloads only, and folds what is ordinary', () => {
  const many = (count: number): string =>
    page(
      auditReport(
        Array.from({ length: count }, (_, index) =>
          workload({
            subject: ['Deployment', `team-${index % 25}`, `service-${index}`],
            outcome: index % 2 === 0 ? 'changed' : 'admitted',
            findings: index % 2 === 0 ? [finding('image-unknown', { message: `service-${index}` })] : [],
            images: [
              ['app', `registry.example.com/service-${index}:1`, index % 2 === 0 ? 'module' : 'linux'],
            ],
          }),
        ),
      ),
    );
  const [small, large] = [many(1000), many(2000)];
  expect(large.length / small.length).toBeLessThan(2.01);
  expect(small.length).toBeLessThan(1_200_000);
  expect(small.match(/<details class="workload">/g)).toHaveLength(500);
  expect(small).toContain('<summary>20 workloads admitted unchanged, without Wasm</summary>');
  expect(small).not.toContain('<details class="namespace" open>');
});
