import { X509Certificate } from 'node:crypto';
import { CERTIFICATE_TIMES } from '../../src/certs/certificate-times.ts';
import {
  generateServingCertificate,
  issueCertificate,
  serviceNames,
} from '../../src/certs/serving-certificate.ts';
import { certificateAt } from '../support/e2e/trust-watch.ts';
import type { ProgramTimes } from '../support/e2e/wasmgate-with-times.ts';
import { getJson, must } from '../support/kubernetes/kubectl.ts';
import { waitFor } from '../support/lib/processes.ts';
import { nextName, rollOut, seconds, underLoad, type Pace, type Scenario } from './scenario.ts';
import type { AvailabilityStage } from './stage.ts';

/** Renewed every few seconds, with a CA that is replaced as soon as it can be. */
function fastCertificates({ overlapMilliseconds }: Pace): ProgramTimes {
  const certificates = { servingMilliseconds: 20_000, backdateMilliseconds: 5000, checkMilliseconds: 1000 };
  return { certificates: { ...certificates, overlapMilliseconds } };
}

const SECRET = ['secret', 'wasmgate-certificates', '-n', 'wasmgate-system'] as const;

/** Puts a serving certificate of the current CA into the Secret, as a replica would have issued it then. */
async function storeCertificate(
  { kubernetes }: AvailabilityStage,
  then: { readonly now: Date; readonly servingMilliseconds: number },
): Promise<void> {
  const { data } = await getJson<{ data: Readonly<Record<string, string>> }>(kubernetes.kubectl, SECRET);
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  const authority = { caCert: text('ca.crt'), caKey: text('ca.key') };
  const names = serviceNames('wasmgate', 'wasmgate-system');
  const times = { ...CERTIFICATE_TIMES, backdateMilliseconds: 5000, ...then };
  const { cert, key } = await issueCertificate(names, authority, times);
  const stringData = { 'tls.crt': cert, 'tls.key': key };
  await must(kubernetes.kubectl(['patch', ...SECRET, `-p=${JSON.stringify({ stringData })}`]));
}

const DAY = 24 * 60 * 60 * 1000;

async function servedBy({ replicas }: AvailabilityStage): Promise<readonly X509Certificate[]> {
  return Promise.all([...replicas.values()].map(({ port }) => certificateAt(port)));
}

export const renewedLeaf: Scenario = {
  name: 'renewed-certificate',
  title: 'the serving certificate is renewed while replicas run',
  run: (stage, pace) =>
    underLoad(stage, pace, async () => {
      await rollOut(stage, fastCertificates(pace));
      await storeCertificate(stage, { now: new Date(), servingMilliseconds: 10_000 });
      const seen = new Set<string>();
      await waitFor(
        async () => {
          for (const { fingerprint256 } of await servedBy(stage)) seen.add(fingerprint256);
          return seen.size > pace.renewals;
        },
        { what: `${pace.renewals} renewals`, seconds: 60 * pace.renewals },
      );
      await rollOut(stage);
      return { remarks: [`${seen.size} certificates were served`] };
    }),
};

/** The current CA of the Secret. */
async function currentAuthority({ kubernetes }: AvailabilityStage): Promise<X509Certificate | null> {
  const { code, stdout } = await kubernetes.kubectl(['get', ...SECRET, '-o=jsonpath={.data.ca\\.crt}']);
  return code === 0 && stdout !== '' ? new X509Certificate(Buffer.from(stdout, 'base64')) : null;
}

export const rotatedAuthority: Scenario = {
  name: 'rotated-authority',
  title: 'the Secret is deleted, which rotates the CA',
  run: (stage, pace) =>
    underLoad(stage, pace, async (elapsed) => {
      await rollOut(stage, fastCertificates(pace));
      const before = await currentAuthority(stage);
      const from = elapsed();
      await must(stage.kubernetes.kubectl(['delete', ...SECRET]));
      await waitFor(
        async () => {
          const authority = await currentAuthority(stage);
          if (authority === null || authority.fingerprint256 === before?.fingerprint256) return false;
          return (await servedBy(stage)).every((served) => served.verify(authority.publicKey));
        },
        { what: 'certificates of another CA', seconds: 120 + pace.overlapMilliseconds / 1000 },
      );
      const until = elapsed();
      await rollOut(stage);
      const overlap = `an overlap of ${pace.overlapMilliseconds / 1000} s`;
      return {
        remarks: [`all replicas served the new CA's after ${seconds(until - from)}, with ${overlap}`],
      };
    }),
};

export const expiredCertificate: Scenario = {
  name: 'expired-certificate',
  title: 'replicas start two months later, when the stored certificate has expired',
  run: (stage, pace) =>
    underLoad(stage, pace, async (elapsed) => {
      const from = elapsed();
      await Promise.all(Array.from(stage.replicas.keys(), (name) => stage.stopReplica(name)));
      const { servingMilliseconds } = CERTIFICATE_TIMES;
      await storeCertificate(stage, { now: new Date(Date.now() - 60 * DAY), servingMilliseconds });
      const restarted = elapsed();
      await Promise.all([nextName(), nextName()].map((name) => stage.startReplica(name)));
      const until = elapsed();
      return {
        excuse: ({ at, milliseconds }) => at + milliseconds > from && at < until,
        remarks: [`both replicas served ${seconds(until - restarted)} after they were started`],
      };
    }),
};

const CONFIGURATIONS = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'] as const;

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

async function caBundles({ kubernetes }: AvailabilityStage): Promise<readonly string[]> {
  const found = await Promise.all(
    CONFIGURATIONS.map((kind) => getJson<Configuration>(kubernetes.kubectl, [kind, 'wasmgate'])),
  );
  return found.flatMap(({ webhooks }) => webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? ''));
}

/** The API server uses a changed configuration within about a second. */
const CONFIGURATION_DELAY_MILLISECONDS = 2000;

export const vandalizedBundle: Scenario = {
  name: 'vandalized-ca-bundle',
  title: 'another client overwrites caBundle in every webhook',
  run: (stage, pace) =>
    underLoad(stage, pace, async (elapsed) => {
      const before = await caBundles(stage);
      const { caCert } = await generateServingCertificate(['wrong.example']);
      const wrong = Buffer.from(caCert).toString('base64');
      const from = elapsed();
      for (const kind of CONFIGURATIONS) {
        const { webhooks } = await getJson<Configuration>(stage.kubernetes.kubectl, [kind, 'wasmgate']);
        const patch = webhooks.map((_webhook, index) => ({
          op: 'replace',
          path: `/webhooks/${index}/clientConfig/caBundle`,
          value: wrong,
        }));
        await must(
          stage.kubernetes.kubectl(['patch', kind, 'wasmgate', '--type=json', `-p=${JSON.stringify(patch)}`]),
        );
      }
      await waitFor(async () => (await caBundles(stage)).join() === before.join(), {
        what: 'caBundle to be mended',
        seconds: 60,
      });
      const until = elapsed();
      return {
        excuse: ({ at, milliseconds }) =>
          at + milliseconds > from && at < until + CONFIGURATION_DELAY_MILLISECONDS,
        remarks: [`mended after ${seconds(until - from)}`],
      };
    }),
};
