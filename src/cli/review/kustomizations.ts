import { basename } from 'node:path';
import type { ParsedDocument } from './parse-documents.ts';

/** The names that kustomize looks for; most of these files say neither kind nor apiVersion. */
const NAMES: ReadonlySet<string> = new Set(['kustomization.yaml', 'kustomization.yml', 'Kustomization']);

export function isKustomization({ file }: Pick<ParsedDocument, 'file'>): boolean {
  return NAMES.has(basename(file));
}
