import { HANDLER_PROFILES, type Engine } from '../../src/policy/handlers/handler-profiles.ts';
import { IMAGE_FORMS, type ImageForm } from '../../src/policy/handlers/image-form.ts';
import { MATRIX, REASONS, type ReasonId } from '../../src/policy/handlers/matrix.ts';

const INTRODUCTION = `# Images and handlers

Which RuntimeClass handlers run which images. \`wasmgate inspect IMAGE\` shows the row of one image, with the fields that decide.

- **yes**, **no**: measured on real nodes, or read in the runtime's source. The last table names the source.
- **if**: depends on something that the API server does not show. wasmgate chooses crun last and with a warning
  ([\`annotation-delivery-unknown\`](FINDINGS.md#annotation-delivery-unknown)), unless \`policy.preferRuntimeClasses\` names it
  or \`annotationArrives\` confirms that the annotation arrives.
- **?**: cannot be known in advance. wasmgate chooses such a class only if no other may run the Pod, and warns
  ([\`handler-may-not-run-image\`](FINDINGS.md#handler-may-not-run-image)).

The number refers to the reason below. A handler's name may end in a version (\`spin-v2\`, \`wasmtime-v1\`). Describe other
handlers, and what their nodes are configured for, in \`policy.handlers\` ([reference](../config/REFERENCE.md)).

\`npm run pages\` generates this page from \`matrix.ts\`; edit that file instead.
`;

const WORDS = { yes: 'yes', no: 'no', conditional: 'if', unknown: '?' } as const;

const ENGINES: readonly Engine[] = [...new Set(HANDLER_PROFILES.map(({ engine }) => engine))];

function handlersOf(engine: Engine): string {
  const names = HANDLER_PROFILES.filter((profile) => profile.engine === engine).map(({ name }) => name);
  return names.map((name) => `\`${name}\``).join(', ');
}

/** In the reader's order, so that footnotes are numbered from the first row on. */
function reasonsInOrder(): readonly ReasonId[] {
  return [...new Set(IMAGE_FORMS.flatMap((form) => ENGINES.map((engine) => MATRIX[form].cells[engine])))];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const [first = '', ...rest] = [head, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [first, `|${head.map(() => '---|').join('')}`, ...rest].join('\n');
}

/** src/policy/IMAGES.md */
export function imagesPage(): string {
  const reasons = reasonsInOrder();
  const cell = (form: ImageForm, engine: Engine): string => {
    const reason = MATRIX[form].cells[engine];
    return `${WORDS[REASONS[reason].runs]} <sup>${reasons.indexOf(reason) + 1}</sup>`;
  };
  const matrix = table(
    ['image', ...ENGINES.map(handlersOf)],
    IMAGE_FORMS.map((form) => [MATRIX[form].what, ...ENGINES.map((engine) => cell(form, engine))]),
  );
  const why = reasons.map((reason, index) => `${index + 1}. The handler ${REASONS[reason].why}.`).join('\n');
  const sources = table(
    ['image', 'source'],
    IMAGE_FORMS.map((form) => [MATRIX[form].what, MATRIX[form].source]),
  );
  return `${[INTRODUCTION.trimEnd(), matrix, '## Why', why, '## Sources', sources].join('\n\n')}\n`;
}
