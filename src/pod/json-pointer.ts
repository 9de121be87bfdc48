/** RFC 6901: `~` and `/` inside a segment are written `~0` and `~1`. */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function formatPointer(segments: readonly string[]): string {
  return segments.map((segment) => `/${escapeSegment(segment)}`).join('');
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Returns the unescaped segments of a pointer; `~1` before `~0`, as RFC 6901, section 4, requires. */
export function parsePointer(pointer: string): readonly string[] {
  const segments = pointer.split('/');
  segments.shift();
  // Few pointers need unescaping, and this runs for every change of every Pod.
  return pointer.includes('~') ? segments.map(unescapeSegment) : segments;
}

/** Returns the first segments of a pointer, still escaped. */
export function leadingSegments(pointer: string, count: number): string {
  let end = 0;
  for (let passed = 0; passed < count; passed += 1) {
    end = pointer.indexOf('/', end + 1);
    if (end === -1) return pointer;
  }
  return pointer.slice(0, end);
}

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** Formats a pointer as kubectl writes a field: `/spec/containers/0/image` is `spec.containers[0].image`. */
export function formatField(pointer: string): string {
  return parsePointer(pointer).reduce((field, segment) => {
    if (segment === '-') return field;
    if (/^\d+$/.test(segment)) return `${field}[${segment}]`;
    if (!IDENTIFIER.test(segment)) return `${field}["${segment}"]`;
    return field === '' ? segment : `${field}.${segment}`;
  }, '');
}
