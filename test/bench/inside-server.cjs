// Loaded before a server (--require) that the benchmark looks into. Counts the CPU time of its main thread: on a machine with
// other work, the clock would count that work, too.
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { threadMilliseconds: used } = require('../support/lib/thread-time.cjs');

let began = 0;
let isWatching = false;
let last = 0;
let longest = 0;

// Turns the event loop all the time, so that the time between two turns is that of a single block.
const turn = () => {
  if (!isWatching) return;
  const now = used();
  longest = Math.max(longest, now - last);
  last = now;
  setImmediate(turn);
};

const ANSWERS = {
  begin: () => {
    began = used();
    return {};
  },
  end: () => ({ cpuMilliseconds: used() - began }),
  watch: () => {
    longest = 0;
    last = used();
    if (!isWatching) setImmediate(turn);
    isWatching = true;
    return {};
  },
  unwatch: () => {
    isWatching = false;
    return { longestTurn: longest };
  },
  memory: () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return { usedBytes: heapUsed + external };
  },
};

if (process.channel) {
  process.on('message', (message) => process.send(ANSWERS[message]()));
  process.on('disconnect', () => process.exit());
  process.channel.unref();
}
