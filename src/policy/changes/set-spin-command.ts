// why    A Spin or slight application has no entrypoint, and a node fails a container without a command ("no command specified").
//        Their shims ignore the command.
// writes command of containers that have none, if the class's handler is the Spin or slight shim.
import { NO_CHANGES, type Mutation } from '../check.ts';
import { SPIN_COMMAND, takesSpinCommand } from '../facts.ts';
import type { Engine } from '../handlers/handler-profiles.ts';

const HOSTS: ReadonlySet<Engine> = new Set<Engine>(['spin', 'slight']);

export const setSpinCommand: Mutation = ({ wasmContainers, resolved, settings }) => {
  if (!settings.spinCommand || resolved.profile === null || !HOSTS.has(resolved.profile.engine))
    return NO_CHANGES;
  return wasmContainers.flatMap(({ verdict, path }) =>
    takesSpinCommand(verdict) && verdict.firstArgument === null
      ? {
          op: 'add' as const,
          path: `${path}/command`,
          value: SPIN_COMMAND,
          reason: `${verdict.flavour === 'slight-app' ? 'slight' : 'Spin'} applications have no entrypoint of their own`,
          isNeed: true as const,
        }
      : [],
  );
};
