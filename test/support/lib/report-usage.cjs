// Loaded before a program (--require). At its end it writes on channel 3, as JSON, what the process has used: CPU seconds, and
// the most resident memory in MiB. The kernel's maxRSS may be that of the process that started it: fork and exec keep it.
const { readFileSync, writeSync } = require('node:fs');

const MICROSECONDS = 1_000_000;
const MEBIBYTE_IN_KIBIBYTES = 1024;

const peakKibibytes = () => {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kibibytes);
  } catch {
    return process.resourceUsage().maxRSS;
  }
};

process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage = {
    cpuSeconds: (user + system) / MICROSECONDS,
    peakMebibytes: peakKibibytes() / MEBIBYTE_IN_KIBIBYTES,
  };
  writeSync(3, JSON.stringify(usage));
});
