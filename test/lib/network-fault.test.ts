import { expect, test } from 'vitest';
import { describeNetworkFault, isForHttpsOnly } from '../../src/lib/network-fault.ts';

/** Faults that no server of the other tests shows, with the errors that Node 24 and undici 8 threw for them. */
test.for<readonly [code: string, message: string, kind: string, state: string]>([
  [
    'EPROTO',
    'write EPROTO 40AD:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/rec_layer_s3.c:918:SSL alert number 70\n',
    'tls',
    'it supports no version of TLS that is still secure',
  ],
  [
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    '408D:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../deps/rec_layer_s3.c:918:SSL alert number 70\n',
    'tls',
    'it supports no version of TLS that is still secure',
  ],
  [
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    '4056:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/rec_layer_s3.c:918:SSL alert number 40\n',
    'tls',
    'it shares no TLS settings with this program',
  ],
  [
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    '4056:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/rec_layer_s3.c:918:SSL alert number 48\n',
    'client-certificate',
    'it rejects the client certificate',
  ],
  [
    'EPROTO',
    'write EPROTO 4056:error:0A000095:SSL routines:tls_process:a reason of later years:../deps/x.c:1:\n',
    'tls',
    'TLS failed: a reason of later years',
  ],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'Connect Timeout Error (attempted address: 127.0.0.1:17008, timeout: 3000ms)',
    'slow',
    'it accepts no connection within 3 s',
  ],
  ['ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:443', 'slow', 'it does not accept connections'],
  ['EHOSTUNREACH', 'connect EHOSTUNREACH 192.0.2.1:443', 'no-route', 'there is no route to it'],
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN a.test', 'name', 'its name cannot be resolved now'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'without a certificate',
    'wrong-name',
    'its certificate is for other names',
  ],
])('%s: %s', ([code, message, kind, state]) => {
  const error = Object.assign(new Error(message), { code });
  expect(describeNetworkFault(error)).toEqual({ kind, state });
  expect(describeNetworkFault(new Error('fetch failed', { cause: error }))).toEqual({ kind, state });
});

test('the names of a certificate are bounded', () => {
  const subjectaltname = Array.from({ length: 1000 }, (_, index) => `DNS:host-${index}.test`).join(', ');
  const error = Object.assign(new Error('names'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    host: 'a.test',
    cert: { subjectaltname },
  });
  const { state = '' } = describeNetworkFault(error) ?? {};
  expect(state).toMatch(/^its certificate is not for "a\.test", but for host-0\.test, host-1\.test, .*…$/);
  expect(state.length).toBeLessThan(400);
});

test.for([
  ['an error of a parser', Object.assign(new Error('x'), { code: 'HPE_INVALID_TOKEN' })],
  ['a text', 'x'],
] as const)('%s is none', ([, error]) => {
  expect(describeNetworkFault(error)).toBeNull();
});

test('the answer of servers in Go to plain HTTP is known', () => {
  expect(isForHttpsOnly('Client sent an HTTP request to an HTTPS server.\n')).toBe(true);
  expect(isForHttpsOnly('<html>')).toBe(false);
});
