/**
 * Each label with every value that it can have. A series costs memory here and at whoever collects it, so what is counted
 * must never grow with what users, images and registries are called.
 */
export type Labels = Readonly<Record<string, readonly string[]>>;

export type LabelValues<Known extends Labels> = { readonly [Name in keyof Known]: Known[Name][number] };

/** Instead of a value that nobody planned. */
const OTHER = 'other';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '"': String.raw`\"`,
  '\n': String.raw`\n`,
};

/** As a label's value stands between its quotes: https://prometheus.io/docs/instrumenting/exposition_formats */
function escapeValue(text: string): string {
  return text.replaceAll(/[\\"\n]/g, (character) => ESCAPES[character] ?? character);
}

/** `a="1",b="2"`, in the order in which the labels were described. */
export function writeLabels(known: Labels, values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(known).map(([name, planned]) => {
    const value = values[name] ?? OTHER;
    return `${name}="${escapeValue(planned.includes(value) ? value : OTHER)}"`;
  });
  return pairs.join(',');
}

/** Every combination of values that there can be; one, without any, where there are no labels. */
export function combinationsOf(known: Labels): readonly Readonly<Record<string, string>>[] {
  return Object.entries(known).reduce<readonly Readonly<Record<string, string>>[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value }))),
    [{}],
  );
}
