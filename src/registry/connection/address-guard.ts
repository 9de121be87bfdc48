import type { LookupAddress } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { AppError } from '../../lib/errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges (ipaddr.js names) of the node itself, its neighbors on the link, or no host at all. */
const DENIED_RANGES: Readonly<Record<string, string>> = {
  loopback: 'a loopback address',
  linkLocal: 'a link-local address',
  unspecified: 'an unspecified address',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  deprecatedSiteLocal: 'a site-local address',
  // The target address is obfuscated by XOR (RFC 4380), so it cannot be checked.
  teredo: 'a Teredo address',
};

/** Ranges without a name in ipaddr.js. */
const DENIED_NETWORKS: readonly (readonly [readonly [Address, number], string])[] = [
  // RFC 1112, class E. Documentation networks are allowed: clusters without Internet access use them.
  [ipaddr.parseCIDR('240.0.0.0/4'), 'a reserved address'],
];

/** Cloud metadata services outside 169.254.0.0/16 and fe80::/10, from vendors' documentation and cloud-init. */
const METADATA: readonly (readonly [Address, number])[] = [
  'fd00:ec2::/32', // AWS: metadata, Pod Identity, DNS and time
  'fd20:ce::254/128', // Google Cloud
  '100.100.100.200/32', // Alibaba Cloud
  'fd00:100::100:200/128',
  '168.63.129.16/32', // Azure's wire server
  '192.0.0.192/32', // Oracle Cloud
  'fd00:c1::a9fe:a9fe/128',
  'fd00:42::42/128', // Scaleway
  'fd00:a9fe:a9fe::1/128', // Akamai (Linode)
].map((range) => ipaddr.parseCIDR(range));

/** IPv6 ranges that embed an IPv4 address, and its first byte: RFC 4291, RFC 6145, RFC 6052, RFC 3056. */
const EMBEDDED_AT: Readonly<Record<string, number>> = { ipv4Mapped: 12, rfc6145: 12, rfc6052: 12, '6to4': 2 };

/**
 * `::a.b.c.d`, "IPv4-compatible": deprecated (RFC 4291, 2.5.5.1), so no registry uses it, and kernels differ in where they
 * send such packets.
 */
const IPV4_COMPATIBLE = ipaddr.parseCIDR('::/96');

export class AddressDeniedError extends Error {
  override readonly name = 'AddressDeniedError';
}

export interface AddressGuardOptions {
  /** Addresses and CIDRs that are allowed unconditionally. */
  readonly allowAddresses: readonly string[];
  readonly allowLoopback: boolean;
}

export interface AddressGuard {
  /** Returns why connecting to the address is denied; null if it is allowed. */
  readonly whyDenied: (address: string) => string | null;
  /** Returns the allowed addresses; an error if all are denied. */
  readonly filter: (addresses: readonly LookupAddress[]) => readonly LookupAddress[] | AddressDeniedError;
}

/** Returns the embedded IPv4 address, if any, so that ::ffff:127.0.0.1 is checked as 127.0.0.1. */
function unwrap(address: Address): Address {
  const start = EMBEDDED_AT[address.range()];
  return start === undefined ? address : ipaddr.fromByteArray(address.toByteArray().slice(start, start + 4));
}

export function isAddressRange(text: string): boolean {
  return ipaddr.isValidCIDR(text) || ipaddr.isValid(text);
}

function parseRange(text: string): readonly [Address, number] {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) {
    throw new AppError(
      'invalid-address',
      `Cannot allow address "${text}": it is neither an address nor a CIDR`,
      { blame: 'input' },
    );
  }
  const address = ipaddr.parse(text);
  return [address, address.toByteArray().length * 8];
}

function inRange(address: Address, [network, bits]: readonly [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/**
 * Checks addresses after DNS, when connecting, which defeats DNS rebinding: a name that first resolves to a harmless address
 * and then to a metadata service.
 * @throws AppError `invalid-address` for an invalid entry of `allowAddresses`
 */
export function createAddressGuard(options: AddressGuardOptions): AddressGuard {
  const allowed = options.allowAddresses.map(parseRange);

  const whyDenied = (text: string): string | null => {
    if (!ipaddr.isValid(text)) return 'not an IP address';
    const written = ipaddr.parse(text);
    const address = unwrap(written);
    if (allowed.some((range) => inRange(address, range) || inRange(written, range))) return null;
    if (METADATA.some((range) => inRange(address, range))) return 'a cloud metadata address';
    const range = address.range();
    if (range === 'loopback' && options.allowLoopback) return null;
    const denied = DENIED_RANGES[range];
    if (denied !== undefined) return denied;
    const network = DENIED_NETWORKS.find(([candidate]) => inRange(address, candidate));
    if (network !== undefined) return network[1];
    return inRange(written, IPV4_COMPATIBLE) ? 'an IPv4-compatible address' : null;
  };

  return {
    whyDenied,
    filter: (addresses) => {
      const good = addresses.filter(({ address }) => whyDenied(address) === null);
      const [first] = addresses;
      if (good.length > 0 || first === undefined) return good;
      return new AddressDeniedError(
        `${whyDenied(first.address) ?? 'an address'} (${first.address}), which wasmgate does not connect to`,
      );
    },
  };
}
