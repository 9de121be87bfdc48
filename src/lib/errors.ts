/** Header and URL parts that carry secrets: bearer and basic credentials, logins in URLs, token query parameters. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 ***'],
  // Up to the last "@": a token may stand there without a password, and a password may have an "@" in it.
  [/(\/\/)[^/\s]*@/g, '$1***@'],
];

/** Query parameters that let in whoever has them, in lower case: logins, and signatures of storage providers. */
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

/** Goes through parameters by name: a value may hold another address, with parameters of its own. */
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

/** Removes credentials from text that came from outside, before it reaches an error, a log line or a user. */
export function redact(text: string): string {
  return redactParameters(
    SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text),
  );
}

/**
 * Whose doing it is: `input` for a command line, a configuration or a file that it names being wrong, so that nothing was
 * tried; `world` for everything that failed when it was.
 */
export type Blame = 'input' | 'world';

/**
 * The one error type that wasmgate throws on purpose. `code` comes from a closed list per folder, the message says
 * `Cannot <action> "<subject>": <state>`, `advice` what to do about it. Secrets are removed here, where the error is born.
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

/** What went wrong in words, for any thrown value; the message of a cause is appended where it adds something. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return redact(String(error));
  const inner = error.cause instanceof Error ? error.cause.message : '';
  const text = inner !== '' && !error.message.includes(inner) ? `${error.message} (${inner})` : error.message;
  return redact(text === '' ? error.name : text);
}
