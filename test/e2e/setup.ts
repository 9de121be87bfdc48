import { findPrograms } from './testbed/find-programs.ts';

/** Builds what is missing before the first test file asks for it, so that several do not build it side by side. */
export async function setup(): Promise<void> {
  const programs = await findPrograms();
  if (programs.kind === 'missing') console.warn(`Skipping tests on real servers: ${programs.reason}`);
}
