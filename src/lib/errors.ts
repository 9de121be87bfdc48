/** Headers and URL parts that hold secrets: bearer, basic and URL credentials. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 ***'],
  // Up to the last "@": a password may contain one, and a token may have no password.
  [/(\/\/)[^/\s]*@/g, '$1***@'],
];

/** Query parameters that grant access, in lower case: credentials, and signatures of storage providers. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'access_token',
  'token',
  'refresh_token',
  'password',
  'client_secret',
  'sig',
  'signature',
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'x-goog-signature',
  'awsaccesskeyid',
]);

const PARAMETER = /[?&]([\w-]+)=/g;
const END_OF_VALUE = /[&\s"']|$/g;

/** Redacts query parameters by name. A value may hold another URL with parameters of its own. */
function redactParameters(text: string): string {
  let clean = '';
  let at = 0;
  for (const { 0: written, 1: name = '', index } of text.matchAll(PARAMETER)) {
    const start = index + written.length;
    if (index < at || !SECRET_PARAMETERS.has(name.toLowerCase())) continue;
    END_OF_VALUE.lastIndex = start;
    const end = END_OF_VALUE.exec(text)?.index ?? text.length;
    clean += text.slice(at, start) + (end > start ? '***' : '');
    at = end;
  }
  return clean + text.slice(at);
}

/** Removes credentials from outside text before it reaches an error, a log line or a user. */
export function redact(text: string): string {
  return redactParameters(
    SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text),
  );
}

/**
 * The cause of an error: `input` for an invalid command line, configuration or named file, so that nothing was tried; `world` for
 * an attempt that failed.
 */
export type Blame = 'input' | 'world';

/**
 * The only error type that wasmgate throws on purpose. `code` comes from a closed list per folder, the message reads
 * `Cannot <action> "<subject>": <state>`, and `advice` says what to do. The constructor removes secrets.
 */
export class AppError<Code extends string = string> extends Error {
  override readonly name = 'AppError';
  readonly code: Code;
  readonly advice: string | null;
  readonly blame: Blame;

  constructor(
    code: Code,
    message: string,
    options: { readonly cause?: unknown; readonly advice?: string; readonly blame?: Blame } = {},
  ) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice ?? null;
    this.blame = options.blame ?? 'world';
  }
}

/** Describes any thrown value, and appends the message of its cause if that adds something. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return redact(String(error));
  const inner = error.cause instanceof Error ? error.cause.message : '';
  const text = inner !== '' && !error.message.includes(inner) ? `${error.message} (${inner})` : error.message;
  return redact(text === '' ? error.name : text);
}
