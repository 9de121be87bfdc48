// For scripts that a measured program loads before itself (--require).

const MICROSECONDS = 1000;

/**
 * Returns the CPU time in milliseconds that this thread has used. The kernel adds the time of a running thread to its account
 * only at a timer tick (every 4 ms) or when another one takes over; process.threadCpuUsage() alone returns that account. What
 * process.cpuUsage() calls, getrusage(RUSAGE_SELF), brings the account of the calling thread up to date first.
 */
exports.threadMilliseconds = () => {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / MICROSECONDS;
};
