import type { AuditedWorkload, AuditSubject } from './audit-report.ts';
import type { Reviewed } from './judge-subjects.ts';
import { reportItem, remarksOf, unknownImages, type Knowledge } from './report-item.ts';

/** What is known of a workload during an audit. */
export interface AuditRow {
  readonly subject: AuditSubject;
  /** False if the user's selector leaves it out. */
  readonly isSelected: boolean;
  /** About the Pods that it creates; null until it is judged, and for an owner that was not listed. */
  judged: Omit<AuditedWorkload, 'subject' | 'pods'> | null;
  running: number;
}

export function createRow(subject: AuditSubject, isSelected: boolean): AuditRow {
  return { subject, isSelected, judged: null, running: 0 };
}

/** Reports what an unknown image would hide, unless a finding does. */
function notesOf(review: Reviewed): readonly string[] {
  const images = unknownImages(review).filter(({ hasFinding }) => !hasFinding);
  return [
    ...remarksOf(review),
    ...images.map(({ container, detail }) => `container "${container}": ${detail}`),
  ];
}

/** Keeps what the report needs, and lets go of the object. */
export function judgedAs(review: Reviewed, knowledge: Knowledge): NonNullable<AuditRow['judged']> {
  const { source: _, findings, ...item } = reportItem(review, knowledge);
  return {
    ...item,
    findings: findings.map((finding) => ({ ...finding, concerns: 'new-pods', pods: null })),
    notes: notesOf(review),
  };
}

/** Returns nothing for a workload that was not judged before the audit ended. */
export function reportRow({ subject, judged, running }: AuditRow): readonly AuditedWorkload[] {
  if (judged === null) return [];
  return [{ subject, ...judged, pods: { running, failing: 0, examples: [] } }];
}
