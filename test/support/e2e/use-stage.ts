import { beforeEach, inject } from 'vitest';
import { createKubectl, type Kubectl } from '../kubernetes/kubectl.ts';
import { readLogTail } from '../lib/processes.ts';
import type { StageFacts } from './stage.ts';

export interface StageUse {
  readonly missing: boolean;
  /** For the title of what is skipped. */
  readonly note: string;
  readonly facts: StageFacts;
  readonly kubectl: Kubectl;
}

/** The stage that the project's setup has started; a test that fails shows what wasmgate logged. */
export function useStage(): StageUse {
  const facts = inject('stage');
  if (facts === null) {
    const note = ` (skipped: ${inject('stageMissing')})`;
    // Read by skipped tests only while they are listed.
    return { missing: true, note, facts: NOTHING, kubectl: () => Promise.reject(new Error(note)) };
  }
  beforeEach((context) => {
    context.onTestFailed(async () => console.error(`--- wasmgate\n${await readLogTail(facts.wasmgateLog)}`));
  });
  return { missing: false, note: '', facts, kubectl: createKubectl(facts.kubectl, facts.kubeconfig) };
}

const NOTHING: StageFacts = {
  kubectl: '',
  kubeconfig: '',
  auditLog: '',
  wasmgateLog: '',
  metricsPort: 0,
  images: { module: '', spin: '', linux: '', wasiOnlyIndex: '' },
  behindToken: { image: '', dockerConfig: '' },
  behindBasic: { image: '', dockerConfig: '' },
  spareHost: '',
};
