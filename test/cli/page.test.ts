import { expect, test } from 'vitest';
import { wrapAdvice } from '../../src/cli/page.ts';

test('a command at the end of an advice stays on one line, however narrow the page is', () => {
  const advice = 'Fix: Delete the Pod and create it again. Run: kubectl delete pod web -n shop';
  expect(wrapAdvice(advice, 100, '  ')).toBe(`  ${advice}`);
  expect(wrapAdvice(advice, 40, '    ').split('\n')).toEqual([
    '    Fix: Delete the Pod and create it',
    '    again. Run:',
    '    kubectl delete pod web -n shop',
  ]);
  expect(wrapAdvice(advice, 30, '    ').split('\n').at(-1)).toBe('    kubectl delete pod web -n shop');
});

test('an advice that goes on after a command wraps as prose', () => {
  const advice = 'Grant the right: kubectl auth can-i --list --as=a shows what the account may do.';
  expect(
    wrapAdvice(advice, 40, '')
      .split('\n')
      .map((line) => line.length > 40),
  ).not.toContain(true);
});
