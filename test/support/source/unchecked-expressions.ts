/** Regular expressions of src that the check skips, by file or by text, each with its reason. */
export const UNCHECKED_EXPRESSIONS: ReadonlyMap<string, string> = new Map([
  ['cli/run.ts', "built from the names of wasmgate's own commands, and applied to its own help texts only"],
  [
    'registry/hosts/rewrite-repository.ts',
    "the operator's own rewrites; parseRewrite limits the ways in which one can match",
  ],
  [
    String.raw`/(?<![/:])\/.*$/s`,
    "the operator's own endpoints; nothing can fail after the first match, so it tries no second place",
  ],
  [
    String.raw`/\$(?:\$|\(([^)]*)\))/g`,
    'applied to text that ends with its last closing bracket, so no search for one fails',
  ],
]);
