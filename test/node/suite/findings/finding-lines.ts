import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { CLASS_LINES } from './class-lines.ts';
import { IMAGE_LINES } from './image-lines.ts';
import type { FindingLine } from './node-case.ts';
import { NODE_LINES } from './node-lines.ts';
import { POD_LINES } from './pod-lines.ts';
import { RESOURCE_LINES } from './resource-lines.ts';

/** For each finding, how the node shows what it warns of, or why it cannot. A finding without a line does not compile. */
export const FINDING_LINES: Readonly<Record<FindingId, FindingLine>> = {
  ...CLASS_LINES,
  ...IMAGE_LINES,
  ...POD_LINES,
  ...NODE_LINES,
  ...RESOURCE_LINES,
};
