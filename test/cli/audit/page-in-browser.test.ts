import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditPage } from '../../../src/cli/audit/html/audit-page.ts';
import { explanations } from '../../../src/policy/checks/index.ts';
import { FULL_REPORT } from '../../support/cli/audit-report.ts';
import { findBrowser } from '../../support/cli/browser.ts';

const found = await findBrowser();

const WHYS = new Map<string, string>(explanations.map(({ id, why }) => [id, why]));

/** Where screenshots are kept to look at; otherwise they are deleted. */
const SHOTS = process.env['WASMGATE_SCREENSHOTS'];

const OPEN_ALL = `for (const one of document.querySelectorAll('details')) one.open = true`;

describe.skipIf(found.path === null)(`the page of an audit in Chromium${found.note}`, () => {
  let folder: string;
  let file: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-page-'));
    file = join(folder, 'audit.html');
    const whyOf = (id: string): string => WHYS.get(id) ?? '';
    await writeFile(file, [...auditPage(FULL_REPORT, { version: '1.2.3', whyOf })].join(''));
    browser = await chromium.launch({ executablePath: found.path ?? '' });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  interface Shown {
    readonly page: Page;
    /** Errors and warnings of the console, and requests for anything but the page. */
    readonly faults: readonly string[];
  }

  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Shown> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const faults: string[] = [];
    page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) faults.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    return { page, faults };
  }

  const CASES = [1280, 400].flatMap((width) =>
    (['light', 'dark'] as const).map((scheme) => ({ width, scheme })),
  );

  describe.each(CASES)('$width pixels wide, $scheme', ({ width, scheme }) => {
    let shown: Shown;
    beforeAll(async () => {
      shown = await open(width, scheme);
    });
    afterAll(() => shown.page.close());

    async function shoot(name: string): Promise<void> {
      const path = join(SHOTS ?? folder, `${name}-${width}-${scheme}.png`);
      const picture = await shown.page.screenshot({ fullPage: true, path });
      expect(picture.length).toBeGreaterThan(50_000);
    }

    test.each(['as it is', 'with all details open'])('is no wider than the window, %s', async (state) => {
      if (state !== 'as it is') await shown.page.evaluate(OPEN_ALL);
      await shoot(state.replaceAll(' ', '-'));
      expect(await shown.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    });

    test('has no fault of contrast, headings, tables or names that axe finds', async () => {
      await shown.page.evaluate(OPEN_ALL);
      await shown.page.evaluate(axe.source);
      const { violations, passes } = await shown.page.evaluate<axe.AxeResults>(
        `axe.run(document, { resultTypes: ['violations', 'passes'] })`,
      );
      const faults = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
      );
      expect(faults).toEqual([]);
      expect(passes.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['color-contrast', 'heading-order', 'html-has-lang', 'document-title']),
      );
    });

    test('asks for nothing, and breaks no policy', () => {
      expect(shown.faults).toEqual([]);
    });
  });

  test('the schemes have different colors', async () => {
    const shown = await Promise.all([open(400, 'light'), open(400, 'dark')]);
    const background = 'getComputedStyle(document.body).backgroundColor';
    const colors = await Promise.all(shown.map(({ page }) => page.evaluate(background)));
    expect(colors).toEqual(['rgb(255, 255, 255)', 'rgb(21, 24, 27)']);
    await Promise.all(shown.map(({ page }) => page.close()));
  });

  test('texts of the cluster stay texts', async () => {
    const { page } = await open(1280, 'light');
    const active =
      'script, img, iframe, object, embed, form, link, base, [style], [onerror], [href^="javascript"]';
    expect(await page.evaluate(`document.querySelectorAll('${active}').length`)).toBe(0);
    expect(await page.title()).toBe('Wasm audit of https://api.wasm.example.com:6443, 2026-11-29');
    await page.close();
  });

  test('no other style applies than its own', async () => {
    const { page, faults } = await open(1280, 'light');
    await page.evaluate(
      `document.head.append(Object.assign(document.createElement('style'), { textContent: 'body { color: red }' }))`,
    );
    expect(faults.join('\n')).toContain('Content Security Policy');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(27, 31, 36)');
    await page.close();
  });

  test('a finding leads to its workload, and opens it', async () => {
    const { page } = await open(1280, 'light');
    const isOpen = `document.querySelector('.body:target')?.checkVisibility() ?? false`;
    expect(await page.evaluate(isOpen)).toBe(false);
    await page.click('#findings a:has-text("Deployment shop/cart")');
    expect(await page.evaluate(isOpen)).toBe(true);
    expect(await page.textContent('.body:target .diff')).toContain(
      '+ spec.template.spec.runtimeClassName: wasmtime\n  # container "app" is a Wasm image',
    );
    await page.close();
  });

  test('the keyboard reaches everything, and shows where it is', async () => {
    const { page } = await open(1280, 'light');
    const seen = new Set<unknown>();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      seen.add(await page.evaluate('document.activeElement.localName'));
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect([...seen]).toEqual(expect.arrayContaining(['a', 'summary']));
    await page.close();
  });

  test('print shows what is folded, in dark letters', async () => {
    const { page } = await open(1280, 'dark');
    const isVisible = `document.querySelector('.workload:not([open]) .diff').checkVisibility({ contentVisibilityAuto: true })`;
    expect(await page.evaluate(isVisible)).toBe(false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect.poll(() => page.evaluate(isVisible)).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(27, 31, 36)');
    const pdf = await page.pdf({ format: 'A4', path: join(SHOTS ?? folder, 'audit.pdf') });
    expect(pdf.length).toBeGreaterThan(50_000);
    await page.close();
  });
});
