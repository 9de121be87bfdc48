import { readdirSync, readFileSync } from 'node:fs';

/** `USER_HZ`, in which /proc counts: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const NANOSECONDS_PER_MILLISECOND = 1_000_000;
const MEBIBYTE_IN_KIBIBYTES = 1024;

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
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
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  // The name, in parentheses, may contain spaces; utime and stime are fields 14 and 15 of proc_pid_stat(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/**
 * Returns the milliseconds for which the main thread of a process was ready to run and waited for a processor; null without
 * /proc or the kernel's scheduler statistics.
 */
export function waitedMilliseconds(pid: number): number | null {
  const waited = readProc(pid, 'schedstat')?.split(' ')[1];
  return waited === undefined ? null : Number(waited) / NANOSECONDS_PER_MILLISECOND;
}

/** The share of a time in which a process waited for a processor. */
export function meterWaits(pid: number): () => number | null {
  const [started, before] = [performance.now(), waitedMilliseconds(pid)];
  return () => {
    const now = waitedMilliseconds(pid);
    return now === null || before === null ? null : (now - before) / (performance.now() - started);
  };
}

/** Returns resident memory in MiB; null without /proc. */
export function residentMemory(pid: number): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '');
  return match === null ? null : Number(match[1]) / MEBIBYTE_IN_KIBIBYTES;
}

/** The processors that this process may run on; empty if unknown. */
export function allowedCpus(): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readProc(process.pid, 'status') ?? '')?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
