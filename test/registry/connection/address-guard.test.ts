import { describe, expect, test } from 'vitest';
import { AddressDeniedError, createAddressGuard } from '../../../src/registry/connection/address-guard.ts';

describe('default addresses', () => {
  const guard = createAddressGuard({ allowAddresses: [], allowLoopback: false });
  test.for([
    ['127.0.0.1', 'a loopback address'],
    ['127.255.0.9', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['::ffff:127.0.0.1', 'a loopback address'],
    ['::ffff:7f00:1', 'a loopback address'],
    ['::ffff:0:127.0.0.1', 'a loopback address'],
    ['64:ff9b::127.0.0.1', 'a loopback address'],
    ['2002:7f00:1::', 'a loopback address'],
    ['::7f00:1', 'an IPv4-compatible address'],
    ['::a9fe:a9fe', 'an IPv4-compatible address'],
    ['::a00:7', 'an IPv4-compatible address'],
    ['0.0.0.0', 'an unspecified address'],
    ['::', 'an unspecified address'],
    ['::ffff:0.0.0.0', 'an unspecified address'],
    ['169.254.169.254', 'a link-local address'],
    ['::ffff:169.254.169.254', 'a link-local address'],
    ['64:ff9b::a9fe:a9fe', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['fd00:ec2::254', 'a cloud metadata address'],
    ['fd00:0ec2:0:0::254', 'a cloud metadata address'],
    ['100.100.100.200', 'a cloud metadata address'],
    ['::ffff:100.100.100.200', 'a cloud metadata address'],
    ['168.63.129.16', 'a cloud metadata address'],
    ['fd00:ec2::23', 'a cloud metadata address'],
    ['fd20:ce::254', 'a cloud metadata address'],
    ['192.0.0.192', 'a cloud metadata address'],
    ['::ffff:192.0.0.192', 'a cloud metadata address'],
    ['64:ff9b::192.0.0.192', 'a cloud metadata address'],
    ['2002:c000:c0::1', 'a cloud metadata address'],
    ['fd00:c1::a9fe:a9fe', 'a cloud metadata address'],
    ['169.254.42.42', 'a link-local address'],
    ['fd00:42::42', 'a cloud metadata address'],
    ['fd00:a9fe:a9fe::1', 'a cloud metadata address'],
    ['fd00:100::100:200', 'a cloud metadata address'],
    ['0.1.2.3', 'an unspecified address'],
    ['::ffff:0.1.2.3', 'an unspecified address'],
    ['240.0.0.1', 'a reserved address'],
    ['255.255.255.254', 'a reserved address'],
    ['::ffff:240.0.0.1', 'a reserved address'],
    ['64:ff9b:1::240.0.0.1', 'a reserved address'],
    ['64:ff9b:1::169.254.169.254', 'a link-local address'],
    ['2002:f000:1::', 'a reserved address'],
    ['2001::1', 'a Teredo address'],
    ['2001:0:7f00:1::', 'a Teredo address'],
    ['fec0::1', 'a site-local address'],
    ['feff::1', 'a site-local address'],
    ['224.0.0.1', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'a broadcast address'],
    ['localhost', 'not an IP address'],
    ['10.0.0.7', null],
    ['172.16.3.4', null],
    ['192.168.1.1', null],
    ['100.64.0.1', null],
    ['fd12::1', null],
    ['fd00:42::43', null],
    ['192.0.0.193', null],
    ['2001:1::1', null],
    ['64:ff9b::10.0.0.7', null],
    ['::ffff:10.0.0.7', null],
    ['140.82.121.33', null],
    ['2606:50c0:8000::154', null],
  ] as const)('%s: %s', ([address, verdict]) => {
    expect(guard.whyDenied(address)).toBe(verdict);
  });
});

describe('addresses that the operator allows', () => {
  test.for([
    { allow: ['127.0.0.1'], address: '127.0.0.1', allowed: true },
    { allow: ['127.0.0.1'], address: '::ffff:127.0.0.1', allowed: true },
    { allow: ['127.0.0.1'], address: '127.0.0.2', allowed: false },
    { allow: ['127.0.0.0/8'], address: '127.9.9.9', allowed: true },
    { allow: ['::1'], address: '::1', allowed: true },
    { allow: ['::1'], address: '127.0.0.1', allowed: false },
    { allow: ['::7f00:1'], address: '::7f00:1', allowed: true },
    { allow: ['fe80::/10'], address: 'fe80::7', allowed: true },
    { allow: ['240.0.0.0/4'], address: '240.1.2.3', allowed: true },
    { allow: ['fd00:42::42'], address: 'fd00:42::42', allowed: true },
    { allow: ['169.254.169.254/32'], address: '169.254.169.254', allowed: true },
    { allow: ['100.100.100.200'], address: '100.100.100.200', allowed: true },
  ])('$allow allows $address: $allowed', ({ allow, address, allowed }) => {
    const guard = createAddressGuard({ allowAddresses: allow, allowLoopback: false });
    expect(guard.whyDenied(address) === null).toBe(allowed);
  });

  test('allowLoopback allows loopback addresses only', () => {
    const guard = createAddressGuard({ allowAddresses: [], allowLoopback: true });
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map(guard.whyDenied)).toEqual([null, null, null]);
    expect(guard.whyDenied('169.254.169.254')).toBe('a link-local address');
    expect(guard.whyDenied('0.0.0.0')).toBe('an unspecified address');
  });

  test.for(['registry.test', '10.0.0.0/33', '', '10.0.0.0/8/8'])('"%s" is not an address', (entry) => {
    expect(() => createAddressGuard({ allowAddresses: [entry], allowLoopback: false })).toThrow(
      `Cannot allow address "${entry}": it is neither an address nor a CIDR`,
    );
  });
});

describe('a name with several addresses', () => {
  const guard = createAddressGuard({ allowAddresses: [], allowLoopback: false });
  test('only the allowed ones are used', () => {
    const good = { address: '10.0.0.7', family: 4 };
    expect(guard.filter([{ address: '127.0.0.1', family: 4 }, good])).toEqual([good]);
  });

  test('the name is denied if all are', () => {
    const denied = guard.filter([{ address: '::1', family: 6 }]);
    expect(denied).toEqual(
      new AddressDeniedError('a loopback address (::1), which wasmgate does not connect to'),
    );
  });
});
