import { randomUUID } from 'node:crypto';
import { waitFor } from '../lib/processes.ts';
import { apply, type Kubectl, must } from './kubectl.ts';

/** The smallest Kubernetes objects that the API server accepts. */

interface Parts {
  readonly metadata?: object;
  readonly spec?: object;
}

/** An image that no test looks up in a registry. */
const IMAGE = 'registry.example.com/main:1';

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function podSpec(image: string = IMAGE) {
  return { containers: [{ name: 'main', image }] };
}

export function pod(name: string, inNamespace: string, { metadata, spec }: Parts = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inNamespace, ...metadata },
    spec: { ...podSpec(), ...spec },
  };
}

/** @param spec of the Pod */
function template(name: string, spec: object = {}) {
  return { metadata: { labels: { app: name } }, spec: { ...podSpec(), ...spec } };
}

export function deployment(name: string, inNamespace: string, { metadata, spec }: Parts = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: inNamespace, ...metadata },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(name, spec) },
  };
}

export function job(name: string, inNamespace: string, { metadata, spec }: Parts = {}) {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: inNamespace, ...metadata },
    spec: { template: template(name, { restartPolicy: 'Never', ...spec }) },
  };
}

export function cronJob(name: string, inNamespace: string, parts: Parts = {}) {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: inNamespace, ...parts.metadata },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: job(name, inNamespace, parts).spec } },
  };
}

/** Creates a namespace for a test, waits until it accepts Pods, and returns its name. */
export async function createNamespace(
  kubectl: Kubectl,
  prefix: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `${prefix}-${randomUUID().slice(0, 8)}`;
  await must(apply(kubectl, [namespace(name, labels)]));
  await waitForAccount(kubectl, name);
  return name;
}

/** Resolves when the namespace has its default ServiceAccount, without which the API server rejects Pods. */
export async function waitForAccount(kubectl: Kubectl, inNamespace: string): Promise<void> {
  const get = ['get', 'serviceaccount', 'default', '-n', inNamespace];
  await waitFor(async () => (await kubectl(get)).code === 0, {
    what: `the default ServiceAccount of ${inNamespace}`,
    seconds: 120,
  });
}
