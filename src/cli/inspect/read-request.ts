import { parsePlatform, type Platform } from '../../image/platform.ts';
import { parseReference, type Reference } from '../../image/reference.ts';
import { AppError } from '../../lib/errors.ts';
import { parseDuration } from '../../lib/parse-duration.ts';
import type { ParsedArguments } from '../command.ts';
import { flagText, flagTexts } from '../parse.ts';
import { usageError } from '../usage-error.ts';
import { DEFAULTS } from './flags.ts';
import type { InspectDeps, InspectRequest, Login } from './inspect-request.ts';

const COMMAND = 'inspect';

function wrong(what: string): AppError<'wrong-usage'> {
  return usageError(what, COMMAND);
}

function readReference({ positionals }: ParsedArguments): Reference {
  const [image, extra] = positionals;
  if (image === undefined) throw wrong('it takes an image, such as ghcr.io/example/app:1');
  if (extra !== undefined) throw wrong(`it takes one image, found "${extra}" as well`);
  try {
    return parseReference(image);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw wrong(error.message.replace(/^Cannot parse image reference/, 'there is no image'));
  }
}

function readPlatform(input: ParsedArguments): Platform | null {
  const text = flagText(input, 'platform');
  if (text === undefined) return null;
  const platform = parsePlatform(text);
  if (platform !== null) return platform;
  throw wrong(`flag --platform takes OS/ARCH, such as linux/arm64, found "${text}"`);
}

function readLive(input: ParsedArguments): Pick<InspectRequest, 'isLive' | 'kubeconfig'> {
  const isLive = input.flags.has('live');
  const kubeconfig = flagText(input, 'kubeconfig');
  if (kubeconfig !== undefined && !isLive) throw wrong('flag --kubeconfig goes with --live');
  return { isLive, kubeconfig };
}

function readTimeout(input: ParsedArguments): number {
  const { timeout, longestTimeout } = DEFAULTS;
  const text = flagText(input, 'timeout') ?? timeout;
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds >= 1 && milliseconds <= (parseDuration(longestTimeout) ?? 0)) return milliseconds;
  throw wrong(`flag --timeout takes a time such as 10s or 1m, up to ${longestTimeout}, found "${text}"`);
}

/** One line break at the end is `echo`'s and not the password's. */
async function readLogin(input: ParsedArguments, readInput: InspectDeps['readInput']): Promise<Login | null> {
  const username = flagText(input, 'username');
  const takesPassword = input.flags.has('password-stdin');
  if (username === undefined && !takesPassword) return null;
  if (username === undefined) throw wrong('flag --password-stdin goes with --username NAME');
  if (!takesPassword) throw wrong('flag --username goes with --password-stdin');
  const password = (await readInput()).replace(/\r?\n$/, '');
  if (password === '') throw wrong('there is no password on standard input');
  return { username, password };
}

function readProviders(input: ParsedArguments): InspectRequest['providers'] {
  const config = flagText(input, 'image-credential-provider-config');
  const binDir = flagText(input, 'image-credential-provider-bin-dir');
  if (config === undefined && binDir === undefined) return undefined;
  if (config !== undefined && binDir !== undefined) return { config, binDir };
  throw wrong('flags --image-credential-provider-config and --image-credential-provider-bin-dir go together');
}

/** @throws AppError `wrong-usage` */
export async function readRequest(
  input: ParsedArguments,
  { readInput }: Pick<InspectDeps, 'readInput'>,
): Promise<InspectRequest> {
  const command = flagTexts(input, 'command');
  const plainHttp = input.flags.has('plain-http');
  const caFile = flagText(input, 'ca-file');
  if (plainHttp && caFile !== undefined)
    throw wrong('flags --plain-http and --ca-file contradict each other');
  return {
    reference: readReference(input),
    platform: readPlatform(input),
    ...readLive(input),
    command: command.length === 0 ? null : command,
    dockerConfig: flagText(input, 'docker-config'),
    providers: readProviders(input),
    plainHttp,
    caFile,
    milliseconds: readTimeout(input),
    peek: !input.flags.has('no-peek'),
    // Last: nothing is read from a terminal before all else is right.
    login: await readLogin(input, readInput),
  };
}
