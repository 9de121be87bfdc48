import { expect, test } from 'vitest';
import { collectErrors, errorsIn, joinErrors } from '../../src/lib/collect-errors.ts';
import { AppError } from '../../src/lib/errors.ts';

function fault(message: string): AppError {
  return new AppError('bad', message, { blame: 'input', advice: `Fix ${message}.` });
}

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

test('results of all items, if none fails', () => {
  expect(collectErrors([1, 2], (item) => item * 2)).toEqual([2, 4]);
});

test('one error alone, and several together', () => {
  const read = (wrong: readonly number[]) => () =>
    collectErrors([1, 2, 3], (item) => {
      if (wrong.includes(item)) throw fault(String(item));
      return item;
    });
  expect(thrownBy(read([2]))).toEqual(fault('2'));
  expect(errorsIn(thrownBy(read([1, 3])))).toEqual([fault('1'), fault('3')]);
});

test('errors of nested collections are one list', () => {
  const thrown = thrownBy(() =>
    collectErrors(['a', 'b'], (outer) =>
      collectErrors([1, 2], (inner) => {
        throw fault(outer + inner);
      }),
    ),
  );
  expect(errorsIn(thrown)?.map(({ message }) => message)).toEqual(['a1', 'a2', 'b1', 'b2']);
});

test('an error that is not an AppError stays as it is', () => {
  const bug = new TypeError('bug');
  expect(
    thrownBy(() =>
      collectErrors([1], () => {
        throw bug;
      }),
    ),
  ).toBe(bug);
  expect(errorsIn(new AggregateError([fault('1'), bug]))).toBeNull();
});

test('joined errors list each message, with the advice of the first', () => {
  expect(joinErrors('use the files', [fault('1')])).toEqual(fault('1'));
  const joined = joinErrors('use the files', [fault('1'), fault('2')]);
  expect(joined).toMatchObject({
    message: 'Cannot use the files: 2 problems\n  1\n  2',
    code: 'bad',
    blame: 'input',
    advice: 'Fix 1.',
  });
});
