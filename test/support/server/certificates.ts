import { generate } from 'selfsigned';

const DAY = 24 * 60 * 60 * 1000;

export interface TestKeys {
  readonly key: string;
  readonly cert: string;
}

/** A self-signed certificate for an address and names. */
export async function certificateFor(
  options: {
    readonly ip?: string;
    readonly names?: readonly string[];
    readonly from?: number;
    readonly until?: number;
  } = {},
): Promise<TestKeys> {
  const { ip = '127.0.0.1', names = ['registry.test'], from = -DAY, until = DAY } = options;
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] ?? ip }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() + from),
    notAfterDate: new Date(Date.now() + until),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [{ type: 7, ip }, ...names.map((value) => ({ type: 2 as const, value }))],
      },
    ],
  });
  return { key, cert };
}
