import type { DescribedImage } from '../../assess/inspect/image-report.ts';
import type { DescribedWasmFile } from '../../assess/inspect/wasm-file-report.ts';
import type { ImageLocation } from '../../image-files/locate-image.ts';
import { parsePlatform, type Platform } from '../../image/platform.ts';
import { parseReference, type Reference } from '../../image/reference.ts';
import { AppError } from '../../lib/errors.ts';
import { parseDuration } from '../../lib/parse-duration.ts';
import { readLiveCluster, type ClusterChoice } from '../cluster-flags.ts';
import type { ParsedArguments } from '../command.ts';
import type { Io } from '../io.ts';
import { flagText, flagTexts, usageError } from '../parse-arguments.ts';

export const INSPECT_OUTPUTS = ['table', 'json', 'yaml'] as const;

export const INSPECT_DEFAULTS = {
  /** Enough for two to six requests to a slow registry. */
  timeout: '30s',
  output: 'table',
} as const;

/** Longer values overflow Node's timers at 24.8 days; a day is more than anyone waits at a prompt. */
const LONGEST_TIMEOUT = '24h';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The parsed command line. */
export interface InspectRequest {
  readonly subject:
    | { readonly kind: 'registry'; readonly reference: Reference }
    | { readonly kind: 'file'; readonly location: ImageLocation };
  readonly platform: Platform | null;
  /** The cluster whose nodes to read; null for none. */
  readonly live: ClusterChoice | null;
  /** A Pod's `command`; null for the image's own. */
  readonly command: readonly string[] | null;
  /** Null to use Docker configs and credential plugins. */
  readonly login: Login | null;
  /** Folder of a Docker config; undefined for the places where docker and podman look. */
  readonly dockerConfig: string | undefined;
  readonly providers: { readonly config: string; readonly binDir: string } | undefined;
  readonly plainHttp: boolean;
  readonly caFile: string | undefined;
  readonly milliseconds: number;
  /** True to read layers if the manifest does not decide. */
  readonly peek: boolean;
}

export interface InspectDeps {
  readonly inspect: (request: InspectRequest, io: Io) => Promise<DescribedImage | DescribedWasmFile>;
  /** Returns the file that a text names; null for a reference. @throws AppError if there is no such file */
  readonly locate: (text: string) => Promise<ImageLocation | null>;
  /** Reads all of standard input. */
  readonly readInput: () => Promise<string>;
}

function inspectError(what: string): AppError<'wrong-usage'> {
  return usageError(what, 'inspect');
}

async function readSubject(
  { positionals }: ParsedArguments,
  locate: InspectDeps['locate'],
): Promise<InspectRequest['subject']> {
  const [image, extra] = positionals;
  if (image === undefined)
    throw inspectError('it takes an image, such as ghcr.io/example/app:1 or ./image.tar');
  if (extra !== undefined) throw inspectError(`it takes one image, found "${extra}" as well`);
  const location = await locate(image);
  if (location !== null) return { kind: 'file', location };
  try {
    return { kind: 'registry', reference: parseReference(image) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw inspectError(error.message.replace(/^Cannot parse image reference/, 'invalid image'));
  }
}

function readPlatform(input: ParsedArguments): Platform | null {
  const text = flagText(input, 'platform');
  if (text === undefined) return null;
  const platform = parsePlatform(text);
  if (platform !== null) return platform;
  throw inspectError(`flag --platform takes OS/ARCH, such as linux/arm64, found "${text}"`);
}

function readTimeout(input: ParsedArguments): number {
  const text = flagText(input, 'timeout') ?? INSPECT_DEFAULTS.timeout;
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds >= 1 && milliseconds <= (parseDuration(LONGEST_TIMEOUT) ?? 0)) return milliseconds;
  throw inspectError(
    `flag --timeout takes a duration such as 10s or 1m, at most ${LONGEST_TIMEOUT}, found "${text}"`,
  );
}

async function readLogin(input: ParsedArguments, readInput: InspectDeps['readInput']): Promise<Login | null> {
  const username = flagText(input, 'username');
  const takesPassword = input.flags.has('password-stdin');
  if (username === undefined && !takesPassword) return null;
  if (username === undefined) throw inspectError('flag --password-stdin requires --username NAME');
  if (!takesPassword) throw inspectError('flag --username requires --password-stdin');
  // `echo` appends one line break, which is not part of the password.
  const password = (await readInput()).replace(/\r?\n$/, '');
  if (password === '') throw inspectError('there is no password on standard input');
  return { username, password };
}

function readProviders(input: ParsedArguments): InspectRequest['providers'] {
  const config = flagText(input, 'image-credential-provider-config');
  const binDir = flagText(input, 'image-credential-provider-bin-dir');
  if (config === undefined && binDir === undefined) return undefined;
  if (config !== undefined && binDir !== undefined) return { config, binDir };
  throw inspectError(
    'flags --image-credential-provider-config and --image-credential-provider-bin-dir require each other',
  );
}

/** @throws AppError `wrong-usage` */
export async function readRequest(
  input: ParsedArguments,
  { locate, readInput }: Pick<InspectDeps, 'locate' | 'readInput'>,
): Promise<InspectRequest> {
  const command = flagTexts(input, 'command');
  const plainHttp = input.flags.has('plain-http');
  const caFile = flagText(input, 'ca-file');
  if (plainHttp && caFile !== undefined)
    throw inspectError('flags --plain-http and --ca-file exclude each other');
  return {
    subject: await readSubject(input, locate),
    platform: readPlatform(input),
    live: readLiveCluster(input, 'inspect'),
    command: command.length === 0 ? null : command,
    dockerConfig: flagText(input, 'docker-config'),
    providers: readProviders(input),
    plainHttp,
    caFile,
    milliseconds: readTimeout(input),
    peek: !input.flags.has('no-peek'),
    // Last, so that a wrong flag is reported before the terminal waits for a password.
    login: await readLogin(input, readInput),
  };
}
