import openTunnel from 'undici/lib/api/api-connect.js';
import sendRequest from 'undici/lib/api/api-request.js';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

/**
 * The parts of undici that look-ups need, by the files that hold them: its index loads fetch, WebSockets, caches and
 * mocks as well, 10 MiB in every webhook. package.json names undici's version exactly, and the types are its own.
 */
export { Agent, createConnector, openTunnel, Pool, ProxyAgent, sendRequest };
