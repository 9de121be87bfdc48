import { readdirSync, readFileSync } from 'node:fs';

/** `USER_HZ`, in which /proc counts: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const MEBIBYTE_IN_KIBIBYTES = 1024;

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function readProc(pid: number, file: string): string | null {
  return readText(`/proc/${pid}/${file}`);
}

/** Fields of proc_pid_stat(5) from the third on: the name before them, in parentheses, may contain spaces. */
function statFields(pid: number): readonly string[] | null {
  const stat = readProc(pid, 'stat');
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Returns the nanoseconds on a processor of all threads; null without the kernel's scheduler statistics. */
function cpuNanoseconds(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((thread) => readProc(pid, `task/${thread}/schedstat`)?.split(' ')[0]);
    return times.reduce((sum, time) => sum + Number(time), 0);
  } catch {
    return null;
  }
}

/** Returns the CPU seconds of all threads of a process; null without /proc. */
export function cpuSeconds(pid: number): number | null {
  const nanoseconds = cpuNanoseconds(pid);
  if (nanoseconds !== null && nanoseconds > 0) return nanoseconds / NANOSECONDS_PER_SECOND;
  const fields = statFields(pid);
  // utime and stime, fields 14 and 15.
  return fields === null ? null : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Returns the seconds of all processes on a processor, and those that the machine's host took from it; null without /proc. */
export function processorSeconds(processor: number): number | null {
  return parseProcessorSeconds(readText('/proc/stat') ?? '', processor);
}

/** Leaves out waiting and interrupts. @param text of /proc/stat */
export function parseProcessorSeconds(text: string, processor: number): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`cpu${processor} `));
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(' ').slice(1).map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

/** All processes of this machine; none without /proc. */
export function processIds(): readonly number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** Returns null if the process has ended. */
export function parentOf(pid: number): number | null {
  const parent = statFields(pid)?.[1];
  return parent === undefined ? null : Number(parent);
}

/** Returns resident memory in MiB; null without /proc. */
export function residentMemory(pid: number): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '');
  return match === null ? null : Number(match[1]) / MEBIBYTE_IN_KIBIBYTES;
}

/** The processors that a process may run on; empty if unknown. */
export function allowedCpus(pid: number): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readProc(pid, 'status') ?? '')?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
