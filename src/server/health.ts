/**
 * The result of a check: null if it passes, or what keeps the webhook from serving. A remark describes a state that does not:
 * without admissions, the cluster would be worse off than with an outdated configuration.
 */
type CheckResult = string | null | { readonly remark: string };

/** Checks by name, as `/readyz?verbose` lists them. Each runs on every request, so it only reads what is known. */
export type Checks = Readonly<Record<string, () => CheckResult>>;

interface Answer {
  readonly isReady: boolean;
  readonly text: string;
}

export interface Health {
  /** Runs the checks; a verbose answer has a line for each, as those of the API server. */
  readonly answer: (isVerbose: boolean) => Answer;
  /** Reports not ready from now on: the Service removes this replica before the socket closes. */
  readonly drain: () => void;
}

type NamedResult = readonly [name: string, result: CheckResult];

function describeResult([name, result]: NamedResult): string {
  if (result === null) return `[+]${name} ok`;
  return typeof result === 'string' ? `[-]${name} failed: ${result}` : `[+]${name} ok, but ${result.remark}`;
}

export function createHealth(checks: Checks): Health {
  let draining = false;
  const allChecks: Checks = { ...checks, shutdown: () => (draining ? 'shutting down' : null) };
  return {
    answer: (isVerbose) => {
      const results = Object.entries(allChecks).map(([name, check]): NamedResult => [name, check()]);
      const faults = results.flatMap(([, result]) => (typeof result === 'string' ? [result] : []));
      const isReady = faults.length === 0;
      if (isVerbose) {
        const verdict = `readyz check ${isReady ? 'passed' : 'failed'}`;
        return { isReady, text: [...results.map(describeResult), verdict, ''].join('\n') };
      }
      return { isReady, text: isReady ? 'ok\n' : faults.map((fault) => `not ready: ${fault}\n`).join('') };
    },
    drain: () => {
      draining = true;
    },
  };
}
