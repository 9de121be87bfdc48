import { beforeEach, inject } from 'vitest';
import { createKubectl, type Kubectl } from '../kubernetes/kubectl.ts';
import { readLogTail } from '../lib/processes.ts';
import type { StageFacts } from './stage.ts';

export interface StageUse {
  readonly missing: boolean;
  /** Use in the title of a skipped suite. */
  readonly note: string;
  readonly facts: StageFacts;
  readonly kubectl: Kubectl;
}

/** Returns the stage that the project's setup started; a failing test prints wasmgate's log. */
export function useStage(): StageUse {
  const facts = inject('stage');
  if (facts === null) {
    const note = ` (skipped: ${inject('stageMissing')})`;
    // Skipped tests read this only while vitest lists them.
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
