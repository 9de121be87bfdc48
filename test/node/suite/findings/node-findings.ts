import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { type FindingEvidence, notShown, podOf, shown } from './node-case.ts';
import { CLASSES } from './stage-objects.ts';

/** Also tolerates the taints of a node that has not reported for long. */
const ANYWHERE = { tolerations: [{ operator: 'Exists' }] };

/** What is found about nodes, and about updates. A second node exists for the API server alone: it has no kubelet. */
export const NODE_FINDINGS = {
  'handler-on-no-node': shown({
    kind: 'warned',
    what: 'a class whose handler no node has',
    pod: podOf('wasi-module', {}, { runtimeClassName: CLASSES.absent }),
    named: ['ContainerCreating', 'FailedCreatePodSandBox', 'no runtime for "', '" is configured'],
    shows: ['no runtime for "wasmer" is configured'],
  }),
  'handler-not-on-every-node': shown({
    kind: 'warned',
    what: 'a class whose handler only the other node has',
    pod: podOf('wasi-module', {}, { runtimeClassName: CLASSES.partly, ...ANYWHERE }),
    named: ['ContainerCreating', 'FailedCreatePodSandBox', 'no runtime for "', '" is configured'],
    shows: ['no runtime for "wamr" is configured'],
  }),
  'node-taint-not-tolerated': shown({
    kind: 'warned',
    what: 'a class whose only node is tainted',
    pod: podOf('wasi-module', {}, { runtimeClassName: CLASSES.tainted }),
    named: ['Pending', 'node(s) had untolerated taint'],
    shows: ['event FailedScheduling'],
  }),
  'daemonset-ignores-class-scheduling': shown({
    kind: 'daemon-set',
    what: 'a DaemonSet whose class selects one of two nodes',
    pod: podOf(
      'linux-module',
      {},
      { runtimeClassName: CLASSES.selecting, restartPolicy: 'Always', ...ANYWHERE },
    ),
    named: ['Pending', "node(s) didn't match Pod's node affinity/selector"],
    shows: ['event FailedScheduling'],
  }),
  'image-not-for-node-architecture': shown({
    kind: 'warned',
    what: 'an index for arm64 on an amd64 node',
    pod: podOf('arm64-index'),
    named: ['ErrImagePull', 'no match for platform in manifest'],
  }),
  'image-needs-unpack-setting': notShown(
    'Needs containerd 2.3 or later; the node has 2.2, which unpacks such images, as the other tests show.',
  ),
  'packaging-advice': notShown(
    'Advice without a failure. limits.test.ts runs the same modules in both packagings.',
  ),
  'image-changed-kind': shown(
    {
      kind: 'updated',
      what: 'a Wasm image in place of a Linux one, without a class',
      pod: podOf('sleeper', {}, { restartPolicy: 'Always' }),
      image: 'linux-module',
      named: ['StartError', 'permission denied'],
    },
    {
      kind: 'updated',
      what: 'an artifact without a command in place of a Linux image',
      pod: podOf('sleeper', {}, { restartPolicy: 'Always' }),
      image: 'fault-artifact',
      also: ['command-required'],
      named: ['no command specified'],
    },
  ),
  'ephemeral-container-cannot-run': shown({
    kind: 'debugged',
    what: 'a Wasm image as debug container of a Pod without a class',
    pod: podOf('sleeper'),
    debug: { name: 'debugger', image: 'linux-module' },
    named: ['permission denied'],
    shows: ['debugger: StartError, exit code 128'],
  }),
} as const satisfies Partial<Record<FindingId, FindingEvidence>>;
