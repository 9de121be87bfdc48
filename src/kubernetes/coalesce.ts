/** Runs something at most once in so many milliseconds: at once where it has not run for as long, else at the end of that time. */
export function coalesce(run: () => void, milliseconds: number): () => void {
  let ranAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function runNow(): void {
    timer = undefined;
    ranAt = performance.now();
    run();
  }

  return () => {
    if (timer !== undefined) return;
    const wait = ranAt + milliseconds - performance.now();
    if (wait <= 0) runNow();
    else timer = setTimeout(runNow, wait).unref();
  };
}
