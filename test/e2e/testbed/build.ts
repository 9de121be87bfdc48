// node test/e2e/testbed/build.ts [program …]: builds the test servers and prints their paths.
import { findPrograms } from './find-programs.ts';
import { type Program, PROGRAMS } from './programs.ts';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(PROGRAMS as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`no recipe for ${unknown.join(', ')}; there are: ${PROGRAMS.join(', ')}`);
  process.exitCode = 2;
} else {
  const programs = await findPrograms(asked.length > 0 ? (asked as Program[]) : PROGRAMS);
  if (programs.kind === 'missing') {
    console.error(programs.reason);
    process.exitCode = 1;
  } else {
    for (const path of Object.values(programs.paths)) console.log(path);
  }
}
