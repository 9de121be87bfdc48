import { Type, type Static } from 'typebox';
import { HANDLER_PROFILES } from './handler-profiles.ts';

function trait(description: string) {
  return Type.Optional(Type.Boolean({ description }));
}

/** What the operator knows of a handler and wasmgate cannot see: all but `like` may be left out, and is as there. */
const handlerTraits = Type.Object(
  {
    like: Type.Unsafe<string>(
      Type.Union(
        HANDLER_PROFILES.map(({ name }) => Type.Literal(name)),
        { description: 'The handler that it is a build of, or another name for.' },
      ),
    ),
    title: Type.Optional(
      Type.String({ minLength: 1, description: 'What messages call it, such as "our Spin shim".' }),
    ),
    annotationArrives: trait(
      'For crun: its nodes hand the variant annotation on, so that it is chosen like any other.',
    ),
    unpacksWasiImages: trait(
      'Its nodes unpack images for other platforms than linux, whatever their version of containerd.',
    ),
    exec: trait('Whether probes, hooks and kubectl exec work in all of its containers.'),
    tty: trait('Whether containers with a terminal start.'),
    userNamespaces: trait('Whether Pods with hostUsers: false start.'),
    exitCode: trait('Whether the exit status of Wasm programs is kept.'),
    readOnlyRoot: trait('Whether containers with readOnlyRootFilesystem start.'),
  },
  { additionalProperties: false },
);

export type HandlerTraits = Static<typeof handlerTraits>;

export const handlerSettings = Type.Record(Type.String(), handlerTraits, {
  default: {},
  description:
    'Handlers of RuntimeClasses that wasmgate does not know or takes for something else, by the name that classes use. Those it knows: ' +
    `${HANDLER_PROFILES.map(({ name }) => name).join(', ')}; also with a version, such as spin-v0-15-1. The name "" is the nodes' default runtime, which runs Pods without a class: {"": {like: crun}}.`,
});

export type HandlerSettings = Static<typeof handlerSettings>;
