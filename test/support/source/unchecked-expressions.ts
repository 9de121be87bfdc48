/** Regular expressions of src that the check does not judge: by file or by text, each with its reason. */
export const UNCHECKED_EXPRESSIONS: ReadonlyMap<string, string> = new Map([
  [
    'cli/run.ts',
    "made of the names of wasmgate's own commands at run time, and applied to its own help texts only",
  ],
  [
    'registry/hosts/rewrite-repository.ts',
    "the operator's own rewrites; parseRewrite bounds the ways in which one can match",
  ],
  [
    String.raw`/(?<![/:])\/.*$/s`,
    "the operator's own endpoints; after its first match nothing can fail, so that no second place is tried",
  ],
  [
    String.raw`/\$(?:\$|\(([^)]*)\))/g`,
    'applied to text that ends with the last closing bracket, so that no search for one fails',
  ],
]);
