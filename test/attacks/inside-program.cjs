// Loaded before the program (--require). Measures how long its main thread stays away from its event loop, in CPU time: on a
// machine with other work, the clock would count that work, too. Names DNS servers in the place of /etc/resolv.conf.
const dns = require('node:dns/promises');
const { threadMilliseconds: used } = require('../support/lib/thread-time.cjs');

const TICK_MILLISECONDS = 5;

let last = used();
let longest = 0;
setInterval(() => {
  const now = used();
  longest = Math.max(longest, now - last);
  last = now;
}, TICK_MILLISECONDS).unref();

process.on('message', (message) => {
  if (message === 'reset') longest = 0;
  else process.send({ longestFreeze: longest });
});
process.on('disconnect', () => process.exit());
process.channel?.unref();

const servers = process.env.ATTACKS_DNS_SERVER;
if (servers !== undefined) {
  dns.Resolver = class extends dns.Resolver {
    constructor(options) {
      super(options);
      this.setServers([servers]);
    }
  };
}
