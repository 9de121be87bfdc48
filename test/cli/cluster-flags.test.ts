import { expect, test } from 'vitest';
import {
  CLUSTER_FLAGS,
  readClusterChoice,
  readLiveCluster,
  readSelection,
  SELECTION_FLAGS,
} from '../../src/cli/cluster-flags.ts';
import { EXIT_CODES, type Command } from '../../src/cli/command.ts';
import { parseArguments } from '../../src/cli/parse-arguments.ts';

const command: Command = {
  name: 'list',
  summary: 'List.',
  flags: [{ name: 'live', description: 'Live.' }, ...CLUSTER_FLAGS, ...SELECTION_FLAGS],
  examples: [],
  run: () => Promise.resolve(EXIT_CODES.ok),
};

const parse = (line: string) => parseArguments(line.split(' '), command);

test('flags select objects as in kubectl', () => {
  expect(readSelection(parse('-n shop -l app=web,tier!=test'))).toEqual({
    namespace: 'shop',
    isAllNamespaces: false,
    selector: 'app=web,tier!=test',
  });
  expect(readSelection(parse('-A --selector a'))).toEqual({
    namespace: undefined,
    isAllNamespaces: true,
    selector: 'a',
  });
});

test('flags choose the cluster', () => {
  const choice = { kubeconfig: 'file', context: 'prod' };
  expect(readClusterChoice(parse('--kubeconfig file --context=prod'))).toEqual(choice);
  expect(readLiveCluster(parse('--live --kubeconfig file --context prod'), 'list')).toEqual(choice);
  expect(readLiveCluster(parse('-A'), 'list')).toBeNull();
});

test.for(['kubeconfig', 'context'])('--%s requires --live', (flag) => {
  expect(() => readLiveCluster(parse(`--${flag} x`), 'list')).toThrow(
    expect.objectContaining({
      message: `Cannot run "wasmgate list": flag --${flag} requires --live`,
      blame: 'input',
    }),
  );
});
