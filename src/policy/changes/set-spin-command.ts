// why    A Spin application has no entrypoint, and a node refuses a container without any command; the shim ignores it.
// writes command of containers that have none, on a class whose handler hosts Spin.
import { NO_CHANGES, type Mutation } from '../check.ts';
import { SPIN_COMMAND, takesSpinCommand } from '../spin-command.ts';

export const setSpinCommand: Mutation = ({ wasmContainers, resolved, settings }) => {
  if (!settings.spinCommand || resolved.profile?.engine !== 'spin') return NO_CHANGES;
  return wasmContainers.flatMap(({ verdict, path }) =>
    verdict.kind === 'wasm' && takesSpinCommand(verdict) && verdict.firstArgument === null
      ? {
          op: 'add' as const,
          path: `${path}/command`,
          value: SPIN_COMMAND,
          reason: 'Spin applications have no entrypoint of their own',
        }
      : [],
  );
};
