// npx node test/node/programs/build.ts [--install]: builds the node's programs and prints their paths.
import { findNodePrograms } from './find-node-programs.ts';

const args = process.argv.slice(2);
if (args.some((argument) => argument !== '--install')) {
  console.error('usage: npx node test/node/programs/build.ts [--install]');
  process.exitCode = 2;
} else {
  const found = await findNodePrograms(process.env, { install: args.length > 0 });
  if (found.kind === 'missing') {
    for (const reason of found.reasons) console.error(reason);
    process.exitCode = 1;
  } else {
    console.log(JSON.stringify(found.programs, null, 2));
  }
}
