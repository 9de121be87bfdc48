import { HANDLER_PROFILES, type Engine } from '../../src/policy/handlers/handler-profiles.ts';
import { IMAGE_FORMS, type ImageForm } from '../../src/policy/handlers/image-form.ts';
import { MATRIX, REASONS, type ReasonId } from '../../src/policy/handlers/matrix.ts';
import { measuredCells, type MeasuredCell } from '../node/record/measured-cells.ts';
import { type MeasuredRun, RECORDED } from '../node/record/measured.ts';

const INTRODUCTION = `# Images and handlers

Which RuntimeClass handlers run which images. \`wasmgate inspect IMAGE\` shows the row of one image, with the fields that decide.

- **yes**, **no**: certain, once a node has pulled the image.
- **if**: depends on something that the API server does not show: whether the annotation reaches crun, or whether the image holds
  a /spin.toml. For crun, wasmgate warns ([\`annotation-delivery-unknown\`](FINDINGS.md#annotation-delivery-unknown)) and prefers
  classes that need no annotation, unless \`policy.preferRuntimeClasses\` names the class or its handler, or \`annotationArrives\`
  confirms that the annotation arrives.
- **?**: cannot be known in advance. wasmgate chooses such a class only if no other may run the Pod, and warns
  ([\`handler-may-not-run-image\`](FINDINGS.md#handler-may-not-run-image)).

The small number is the [reason](#why). The letters after it show how the answer is known. **r** means that it was read in the
runtime's [source](#sources). Every other letter means that it was [measured](#measured-with) with the versions that the list gives.
For example, "no <sup>3,a</sup>" means: no, for reason 3, measured with **a**. An answer without a letter was neither read nor
measured. If a column has several handlers, the list names the one that was measured.

A handler's name may end in a version (\`spin-v2\`, \`wasmtime-v1\`). Describe other handlers, and what their nodes are configured
for, in \`policy.handlers\` ([reference](../config/REFERENCE.md)).

\`npm run pages\` generates this page from \`matrix.ts\` and \`test/node/measured.json\`. Edit \`matrix.ts\`, or record again with
\`npm run test:node -- --record\`.
`;

const WORDS = { yes: 'yes', no: 'no', conditional: 'if', unknown: '?' } as const;

const ENGINES: readonly Engine[] = [...new Set(HANDLER_PROFILES.map(({ engine }) => engine))];

/** Marks of sources, in this order: all but the one that stands for what was read. */
const READ = 'r';
const MARKS = 'abcdefghijklmnopqstuvwxyz'.split('');

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

function describeVersions(versions: MeasuredRun['runtime']): string {
  return Object.entries(versions)
    .map((entry) => entry.join(' '))
    .join(', ');
}

/** Describes what was measured together, whatever the Pod's annotation and the name that starts the runtime. */
function describeRun({ run }: MeasuredCell): string {
  const origin = run.origin === RECORDED ? `recorded by \`${RECORDED}\`` : run.origin;
  return `${describeVersions(run.runtime)}, on ${describeVersions(run.node)}; ${origin}.`;
}

/** Leaves out what an earlier series measured if the record has the cell, too: its results are all in the file. */
function withoutEarlier(cells: readonly MeasuredCell[]): readonly MeasuredCell[] {
  const keyOf = ({ form, profile }: MeasuredCell): string => `${form} ${profile.engine}`;
  const isRecorded = ({ run }: MeasuredCell): boolean => run.origin === RECORDED;
  const recorded = new Set(cells.filter(isRecorded).map(keyOf));
  return cells.filter((cell) => isRecorded(cell) || !recorded.has(keyOf(cell)));
}

/** Descriptions of runs in the order of their marks: by column. */
function runsInOrder(cells: readonly MeasuredCell[]): readonly string[] {
  const order = ({ profile }: MeasuredCell): number => HANDLER_PROFILES.indexOf(profile);
  return [...new Set(cells.toSorted((left, right) => order(left) - order(right)).map(describeRun))];
}

/** src/policy/IMAGES.md */
export async function imagesPage(): Promise<string> {
  const reasons = reasonsInOrder();
  const cells = withoutEarlier(await measuredCells());
  const runs = runsInOrder(cells);
  const marksOf = (form: ImageForm, engine: Engine): readonly string[] => {
    const found = cells.filter((cell) => cell.form === form && cell.profile.engine === engine);
    const described = new Set(found.map(describeRun));
    if (described.size > 0) return MARKS.filter((_, index) => described.has(runs[index] ?? ''));
    return MATRIX[form].cells[engine] === 'untried' ? [] : [READ];
  };
  const cell = (form: ImageForm, engine: Engine): string => {
    const reason = MATRIX[form].cells[engine];
    const notes = [reasons.indexOf(reason) + 1, ...marksOf(form, engine)].join(',');
    return `${WORDS[REASONS[reason].runs]} <sup>${notes}</sup>`;
  };
  /** Two tables, because one with all columns is wider than a phone, or half a window. */
  const matrix = (engines: readonly Engine[]): string =>
    table(
      ['image', ...engines.map(handlersOf)],
      IMAGE_FORMS.map((form) => [MATRIX[form].what, ...engines.map((engine) => cell(form, engine))]),
    );
  const isMeasured = (engine: Engine): boolean => cells.some(({ profile }) => profile.engine === engine);
  const why = reasons.map((reason, index) => `${index + 1}. The handler ${REASONS[reason].why}.`).join('\n');
  const measured = runs.map((run, index) => `- **${MARKS[index]}** ${run}`).join('\n');
  const sources = IMAGE_FORMS.map((form) => `- ${MATRIX[form].what}: ${MATRIX[form].source}`).join('\n');
  const parts = [
    INTRODUCTION.trimEnd(),
    '## Measured handlers',
    matrix(ENGINES.filter(isMeasured)),
    '## Other handlers',
    matrix(ENGINES.filter((engine) => !isMeasured(engine))),
    '## Why',
    why,
    '## Measured with',
    measured,
    'Our shim is `test/node/shim`. `test/node/measured.json` has each result, with its message and log if the series kept them, and results of earlier versions. A test compares them with these tables.',
    '## Sources',
    sources,
  ];
  return `${parts.join('\n\n')}\n`;
}
