import { AppError, describeError } from './errors.ts';

/** Returns the AppErrors in a thrown value, one or several; null if it holds anything else. */
export function errorsIn(thrown: unknown): readonly AppError[] | null {
  if (thrown instanceof AppError) return [thrown];
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [];
  const faults = errors.filter((error) => error instanceof AppError);
  return faults.length > 0 && faults.length === errors.length ? faults : null;
}

/** Joins several errors into one, for callers that report only one. */
export function joinErrors(action: string, faults: readonly AppError[]): AppError {
  const [first, ...more] = faults;
  if (first !== undefined && more.length === 0) return first;
  const list = faults.map((fault) => `\n  ${describeError(fault)}`).join('');
  return new AppError(first?.code ?? 'none', `Cannot ${action}: ${faults.length} problems${list}`, {
    blame: first?.blame ?? 'world',
    ...(first === undefined || first.advice === null ? {} : { advice: first.advice }),
  });
}

/**
 * Reads every item, and throws all errors together so that users see all problems at once.
 * @throws AppError, or AggregateError of several
 */
export function collectErrors<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Result,
): readonly Result[] {
  const faults: AppError[] = [];
  const results = items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      const found = errorsIn(error);
      if (found === null) throw error;
      faults.push(...found);
      return [];
    }
  });
  const [first, ...more] = faults;
  if (first === undefined) return results;
  throw more.length === 0 ? first : new AggregateError(faults);
}
