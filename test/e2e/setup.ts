import { findPrograms } from './testbed/find-programs.ts';

/** Builds what is missing before the first test file needs it, so that several files do not build it concurrently. */
export async function setup(): Promise<void> {
  const programs = await findPrograms();
  if (programs.kind === 'missing') console.warn(`Skipping tests on real servers: ${programs.reason}`);
}
