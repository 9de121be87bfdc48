import openTunnel from 'undici/lib/api/api-connect.js';
import sendRequest from 'undici/lib/api/api-request.js';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

/**
 * Imports the parts of undici that lookups need from their files: undici's index also loads fetch, WebSockets, caches and
 * mocks, 10 MiB in every webhook. package.json pins the version, and undici-parts.test.ts checks each part at an upgrade.
 */
export { Agent, createConnector, openTunnel, Pool, ProxyAgent, sendRequest };
