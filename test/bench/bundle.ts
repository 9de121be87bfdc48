import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  generateServingCertificate,
  LOCAL_NAMES,
  serviceNames,
  type ServingCertificate,
} from '../../src/certs/serving-certificate.ts';
import { buildProgram, type ContainerSettings, readContainerSettings } from '../support/cli/built-program.ts';

/** The built program, and a folder with the certificate that all servers use. */
export interface Bundle extends AsyncDisposable, ContainerSettings {
  readonly folder: string;
  /** The file to run, after `nodeFlags`. */
  readonly program: string;
  readonly certificate: ServingCertificate;
}

export async function createBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bench-'));
  const program = await buildProgram(join(folder, 'app'));
  const certificate = await generateServingCertificate([
    ...serviceNames('wasmgate', 'wasmgate-system'),
    ...LOCAL_NAMES,
  ]);
  const files = {
    'serving.pem': certificate.cert,
    'serving-key.pem': certificate.key,
    'ca.crt': certificate.caCert,
    token: 'bench',
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return {
    folder,
    program,
    ...(await readContainerSettings()),
    certificate,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
