declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  export default function sendRequest(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}

declare module 'undici/lib/api/api-connect.js' {
  import type { Dispatcher } from 'undici';

  export default function openTunnel(
    this: Dispatcher,
    options: Dispatcher.ConnectOptions,
  ): Promise<Dispatcher.ConnectData>;
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}

declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}

declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}

declare module 'undici/lib/dispatcher/proxy-agent.js' {
  import type { Agent, buildConnector, Dispatcher } from 'undici';

  interface ProxyAgentOptions extends Agent.Options {
    readonly uri: string;
    /** Missing from undici's own types, although its code reads it. */
    readonly connectTimeout: number;
    readonly proxyTls: buildConnector.BuildOptions;
    readonly requestTls: buildConnector.BuildOptions;
    readonly clientFactory: (origin: URL, options: object) => Dispatcher;
  }

  export default class ProxyAgent extends Dispatcher {
    constructor(options: ProxyAgentOptions);
  }
}
