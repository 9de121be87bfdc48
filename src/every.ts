import { AppError, describeError } from './errors.ts';

/** The faults of ours in what was thrown, one or several; null where there is something else among them. */
export function faultsIn(thrown: unknown): readonly AppError[] | null {
  if (thrown instanceof AppError) return [thrown];
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
  const faults = errors.filter((error) => error instanceof AppError);
  return faults.length > 0 && faults.length === errors.length ? faults : null;
}

/** For whoever can tell one error only. */
export function asOneError(action: string, faults: readonly AppError[]): AppError {
  const [first, ...more] = faults;
  if (first !== undefined && more.length === 0) return first;
  const list = faults.map((fault) => `\n  ${describeError(fault)}`).join('');
  return new AppError(first?.code ?? 'none', `Cannot ${action}: ${faults.length} problems${list}`, {
    blame: first?.blame ?? 'world',
    ...(first === undefined || first.advice === null ? {} : { advice: first.advice }),
  });
}

/**
 * Reads every item before it tells what is wrong with any, so that nobody has to mend one fault to see the next.
 * @throws AppError, or AggregateError of several
 */
export function every<Item, Result>(items: readonly Item[], read: (item: Item) => Result): readonly Result[] {
  const faults: AppError[] = [];
  const results = items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      const found = faultsIn(error);
      if (found === null) throw error;
      faults.push(...found);
      return [];
    }
  });
  const [first, ...more] = faults;
  if (first === undefined) return results;
  throw more.length === 0 ? first : new AggregateError(faults);
}
