/**
 * One challenge of a WWW-Authenticate header. Grammar (RFC 9110, section 11.6.1):
 *
 *     WWW-Authenticate = #challenge
 *     challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
 *     auth-param       = token BWS "=" BWS ( token / quoted-string )
 *
 * Commas separate both challenges and parameters: a name that is followed by `=` and a value is a parameter, any other a
 * new scheme.
 */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case; the first of equal names wins, so that an appended one cannot override it. */
  readonly params: ReadonlyMap<string, string>;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const SCHEME = new RegExp(`(${TOKEN})(?:[ \\t]+|(?=,|$))`, 'y');
const PARAM = new RegExp(
  `(${TOKEN})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))[ \\t]*(?=,|$)`,
  'y',
);
const TOKEN68 = /[\w~+/.-]+=*[ \t]*(?=,|$)/y;
const SEPARATORS = /[ \t,]*/y;

/** Matches sticky expressions at a moving position; each of them takes linear time. */
function createScanner(text: string): {
  take: (pattern: RegExp) => RegExpExecArray | null;
  atEnd: () => boolean;
} {
  let position = 0;
  return {
    take: (pattern) => {
      pattern.lastIndex = position;
      const match = pattern.exec(text);
      if (match !== null) position = pattern.lastIndex;
      return match;
    },
    atEnd: () => position >= text.length,
  };
}

/** Returns the challenges of a header, in order; ignores everything from the first syntax error on. */
export function parseChallenges(header: string): readonly Challenge[] {
  const scanner = createScanner(header);
  const challenges: Challenge[] = [];
  let params = new Map<string, string>();
  scanner.take(SEPARATORS);
  while (!scanner.atEnd()) {
    const param = challenges.length === 0 ? null : scanner.take(PARAM);
    if (param !== null) {
      const [, name = '', quoted, bare = ''] = param;
      const key = name.toLowerCase();
      if (!params.has(key)) params.set(key, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'));
    } else {
      const scheme = scanner.take(SCHEME);
      if (scheme === null) return challenges;
      params = new Map();
      challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), params });
      const next = scanner.take(PARAM);
      if (next === null) scanner.take(TOKEN68);
      else params.set((next[1] ?? '').toLowerCase(), next[2]?.replace(/\\(.)/g, '$1') ?? next[3] ?? '');
    }
    scanner.take(SEPARATORS);
  }
  return challenges;
}
