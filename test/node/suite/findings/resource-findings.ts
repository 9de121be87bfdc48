import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { type FindingEvidence, podOf, shown } from './node-case.ts';

const ON_WASMTIME = { runtimeClassName: 'wasmtime' };

/** What is found about memory and CPU. */
export const RESOURCE_FINDINGS = {
  'memory-below-floor': shown(
    {
      kind: 'warned',
      what: 'a Go module of 2.5 MB in a file with a limit of 16Mi',
      pod: podOf('fault-go-file', { resources: { limits: { memory: '16Mi' } } }, ON_WASMTIME),
      also: ['packaging-advice'],
      named: ['exit code 137', 'empty log'],
      shows: ['app: Error, exit code 137'],
    },
    {
      kind: 'warned',
      what: 'the small module with a limit of 1Mi',
      pod: {
        spec: {
          ...ON_WASMTIME,
          containers: [
            { name: 'app', image: 'wasi-module', resources: { limits: { memory: '1Mi' } } },
            // Without a limit of its own, or the Pod's cgroup would leave the sandbox as little.
            {
              name: 'side',
              image: 'busybox',
              command: ['/bin/sleep', '600'],
              resources: { limits: { memory: '64Mi' } },
            },
          ],
        },
      },
      named: ['StartError', 'failed to receive. "waiting for init ready". BrokenChannel'],
    },
  ),
  'limits-conflict': shown({
    kind: 'warned',
    what: 'a Go module of 2.5 MB in a file, where a LimitRange allows 32Mi',
    pod: podOf('fault-go-file', {}, ON_WASMTIME),
    namespaces: 'limited',
    also: ['packaging-advice'],
    named: [],
    shows: ['app: Error, exit code 137', 'app: empty log'],
  }),
  'memory-limit-left-out': shown({
    kind: 'warned',
    what: 'an image of 6 MB',
    pod: podOf('large-file', {}, ON_WASMTIME),
    named: [],
    shows: ['app: Completed, exit code 0', 'limits of app: none for memory'],
  }),
  'slow-start-under-cpu-limit': shown({
    kind: 'warned',
    what: 'a Go module of 4.8 MB in a file, with a CPU limit of 100m and a liveness probe',
    pod: podOf(
      'fault-http-file',
      {
        resources: { limits: { cpu: '100m' } },
        livenessProbe: {
          tcpSocket: { port: 8080 },
          initialDelaySeconds: 3,
          periodSeconds: 1,
          failureThreshold: 1,
        },
      },
      { restartPolicy: 'Always', ...ON_WASMTIME },
    ),
    also: ['packaging-advice'],
    named: [],
    shows: [
      'failed liveness probe, will be restarted',
      'app, before: Error, exit code 137',
      'app: empty log',
    ],
  }),
} as const satisfies Partial<Record<FindingId, FindingEvidence>>;
