/** Runs a task now, or in a later turn of the event loop. Tasks run in order. */
export type YieldingQueue = (task: () => void) => void;

/**
 * Creates a queue that yields to the event loop whenever its tasks have taken this long in one turn. Requests that arrive together
 * are otherwise all answered in one turn, in which no timer fires and no other connection is read.
 */
export function createYieldingQueue(milliseconds: number): YieldingQueue {
  const waiting: (() => void)[] = [];
  let used = 0;
  let isScheduled = false;

  function scheduleTurn(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(nextTurn);
  }

  function run(task: () => void): void {
    scheduleTurn();
    const started = performance.now();
    try {
      task();
    } finally {
      used += performance.now() - started;
    }
  }

  function nextTurn(): void {
    isScheduled = false;
    used = 0;
    while (used < milliseconds) {
      const task = waiting.shift();
      if (task === undefined) return;
      run(task);
    }
  }

  return (task) => {
    if (waiting.length === 0 && used < milliseconds) run(task);
    else waiting.push(task);
  };
}
