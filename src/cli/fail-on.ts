import type { ReportedFinding, ReportedItem } from '../audit/reported-item.ts';
import { EXIT_CODES, type ExitCode, type Flag, type ParsedArguments } from './command.ts';
import { flagChoice } from './parse-arguments.ts';

/**
 * What makes a command fail.
 *
 * - `error`: what would be denied, and what running Pods lack for certain
 * - `warning`: findings of severity warning or error, too
 * - `never`: nothing that was found; invalid input still does
 */
const FAIL_ON = ['error', 'warning', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** The flags that all commands share that judge objects. */
export const FAIL_ON_FLAGS: readonly Flag[] = [
  {
    name: 'fail-on',
    placeholder: 'LEVEL',
    description:
      'What the exit code depends on (default error). error: 1 if something would be denied or running Pods lack what they need, else 3 if something is undecided. warning: 1 also for certain findings of severity warning or error that deny nothing. Findings of severity info and exceptions never count. never: 0 whatever was found, undecided objects included, for pipelines that only collect the report. Invalid input is always 2.',
    choices: FAIL_ON,
  },
  {
    name: 'quiet',
    short: 'q',
    description:
      'Print no notes and no progress, and only the objects that fail or are undecided; nothing if there are none. With --fail-on never, those that would fail by default. Formats that programs read stay complete.',
  },
];

export interface FailOptions {
  readonly failOn: FailOn;
  readonly isQuiet: boolean;
}

export function readFailOptions(input: ParsedArguments): FailOptions {
  return {
    failOn: flagChoice(input, 'fail-on', FAIL_ON) ?? 'error',
    isQuiet: input.flags.has('quiet'),
  };
}

interface JudgedFinding extends Pick<ReportedFinding, 'severity' | 'action' | 'isDoubtful'> {
  /** Absent for new Pods. */
  readonly concerns?: 'new-pods' | 'running-pods';
}

/** The parts of a reviewed or audited object that decide whether it fails. */
export interface JudgedItem extends Pick<ReportedItem, 'outcome'> {
  readonly findings: readonly JudgedFinding[];
}

/** Returns the findings that count: without exceptions, and without those that depend on something unknown. */
function certainFindings({ findings }: JudgedItem): readonly JudgedFinding[] {
  return findings.filter(({ action, isDoubtful }) => action !== 'excepted' && isDoubtful !== true);
}

/** Reports whether an object fails at a level. With `never`, reports whether it would by default. */
function isFailing(item: JudgedItem, failOn: FailOn): boolean {
  if (item.outcome === 'refused') return true;
  return certainFindings(item).some(({ severity, concerns }) =>
    failOn === 'warning' ? severity !== 'info' : severity === 'error' && concerns === 'running-pods',
  );
}

/** Reports whether `--quiet` keeps an object: one that fails, or that is undecided. */
export function isNotable(item: JudgedItem, failOn: FailOn): boolean {
  return item.outcome === 'undecided' || isFailing(item, failOn);
}

/** Returns the exit code for judged objects. A failure wins over what is undecided. */
export function exitCodeFor(items: readonly JudgedItem[], failOn: FailOn): ExitCode {
  if (failOn === 'never') return EXIT_CODES.ok;
  if (items.some((item) => isFailing(item, failOn))) return EXIT_CODES.failed;
  return items.some(({ outcome }) => outcome === 'undecided') ? EXIT_CODES.undecided : EXIT_CODES.ok;
}
