import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { CLASS_FINDINGS } from './class-findings.ts';
import { IMAGE_FINDINGS } from './image-findings.ts';
import type { FindingEvidence } from './node-case.ts';
import { NODE_FINDINGS } from './node-findings.ts';
import { POD_FINDINGS } from './pod-findings.ts';
import { RESOURCE_FINDINGS } from './resource-findings.ts';

/** For each finding, how the node shows what it warns of, or why it cannot. A finding without a line does not compile. */
export const FINDING_EVIDENCE: Readonly<Record<FindingId, FindingEvidence>> = {
  ...CLASS_FINDINGS,
  ...IMAGE_FINDINGS,
  ...POD_FINDINGS,
  ...NODE_FINDINGS,
  ...RESOURCE_FINDINGS,
};
