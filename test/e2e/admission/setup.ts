import type { TestProject } from 'vitest/node';
import { type Stage, startStage } from '../../support/e2e/stage.ts';
import { findPrograms } from '../testbed/find-programs.ts';

let stage: Stage | undefined;

export async function setup(project: TestProject): Promise<void> {
  const programs = await findPrograms();
  if (programs.kind === 'found') stage = await startStage(programs.paths);
  project.provide('stage', stage?.facts ?? null);
  project.provide('stageMissing', programs.kind === 'missing' ? programs.reason : '');
}

export async function teardown(): Promise<void> {
  await stage?.[Symbol.asyncDispose]();
}
