const KIB = 1024;
const MIB = 1024 * KIB;

/** Every number of the registry client, with its reason. */
export const REGISTRY_LIMITS = {
  /**
   * The OCI distribution spec 1.1 lets registries take manifests of 4 MiB; real ones are under 100 KiB, large indexes included.
   * Parsed, one of nothing but brackets takes thirty times its length: how much of that all look-ups hold together is bounded
   * by the memory that each reserves (MemoryReservation).
   */
  manifestBytes: 4 * MIB,
  /** The spec sets none, and the largest configs in the wild are some 100 KiB. */
  configBytes: 4 * MIB,
  /** A token answer is one JWT; the longest (many scopes, many groups) are near 16 KiB, go-containerregistry reads 64. */
  tokenBytes: 64 * KIB,
  /** Of an error's body only the code and one message are used; registries send some 200 bytes. */
  errorBytes: 8 * KIB,
  /** Shown of that message: whoever runs the registry could say anything, at any length. */
  errorCharacters: 200,
  /** Read away after a redirect or a 401, so that the connection can be used again; more is cheaper to cut off. */
  discardBytes: 16 * KIB,
  /** Node's own cap on a response's header, stated so that nobody's NODE_OPTIONS changes it. */
  headerBytes: 16 * KIB,
  /** Registries send a blob to their storage in one hop, geo-routing ones in two. */
  redirects: 5,
  /** Includes DNS and TLS. One lost SYN costs 1 s and two cost 3; an admission has 10 s by default. */
  connectMs: 3_000,
  /** One DNS server's time, as `timeout:1` in resolv.conf; c-ares doubles it for the second try. */
  dnsTryMs: 1_000,
  /** UDP loses packets; a third try would outlast `dnsMs`. */
  dnsTries: 2,
  /** All tries and search domains together: both tries of one name, so that its server's silence ends within `mirrorMs`. */
  dnsMs: 3_000,
  /** After the first address, the time left to the other family: RFC 8305 recommends 50 ms. */
  dnsSecondFamilyMs: 50,
  /** Kept of an answer, as many as a client would try in an admission; a TCP answer holds 4,000. */
  dnsAddresses: 32,
  /** A name that does not resolve is not asked for again: longer than Pods of a Deployment come, shorter than an outage. */
  dnsFailureMs: 2_000,
  /** An answer is used at least from the request to its connection, whatever its TTL, and at most as kept connections. */
  dnsShortestMs: 5_000,
  dnsLongestMs: 30_000,
  /** Names of one namespace being resolved at a time: images of one Pod rarely name more registries than 3. */
  dnsShare: 16,
  /** Of all: 64 namespaces that use up their share. Each holds two sockets and some KiB. */
  dnsLookups: 1_024,
  /** Cached names, and their bytes. */
  dnsNames: 1_000,
  dnsBytes: MIB,
  /** Silence from a connected registry. The admission's own deadline is usually shorter; this bounds background work. */
  silenceMs: 10_000,
  /** A token is fetched for all who wait for it, so not on any one caller's time. Twice a slow answer of a real one. */
  tokenMs: 10_000,
  /**
   * Connections to one registry, HTTP/1.1, one request on each: more than all look-ups that go on at once, so that a free one
   * is never waited for. Eight were all held by images of one namespace whose requests hung (test/attacks).
   */
  connections: 80,
  /** Idle connections are closed before load balancers do it (the shortest common setting is 60 s). */
  keepAliveMs: 30_000,
  /** A mirror gets this much of the 10 s that an admission has by default, so that the next one has its turn. */
  mirrorMs: 3_000,
  /** First try and two more: a third failure in a row is an outage, which back-off does not mend inside an admission. */
  attempts: 3,
  /** Wait before the second try; doubled for the third, both with jitter, so that replicas do not come in step. */
  retryMs: 100,
  /** A longer Retry-After does not fit into an admission; the image is then unknown for now and said to be. */
  retryAfterMs: 2_000,
  /** Pause after a failure if the registry names no time; doubled each time it fails again, and at most. */
  pauseMs: 1_000,
  longestPauseMs: 60_000,
  /** A repository's own pause: with the memory of failures (image-memory.ts) it outlives an outage by 2 s at most. */
  longestRepositoryPauseMs: 1_250,
  /** Between probes of an endpoint, and so how long its pause outlives an outage. */
  probeEveryMs: 1_000,
  /** An answer to GET /v2/ needs no storage behind it; this is what connecting alone may take. */
  probeMs: 3_000,
  /** A registry that never answers GET /v2/ may answer all else: one request each 10 s finds out. */
  trialEveryMs: 10_000,
  /**
   * An endpoint that is down is probed that long after the last request to it: a name that one Pod brought once would be probed
   * for ever. Longer than a controller waits between two tries to create a Pod.
   */
  idleProbingMs: 20 * 60_000,
  /** Endpoints probed at a time: a cluster uses some ten registries and mirrors; the rest is for names that nobody serves. */
  probedHosts: 64,
  /** Distribution's token specification: a token without `expires_in` lives 60 s. */
  tokenLifeSeconds: 60,
  /** Docker Hub gives 300 s, Harbor 1800; what claims to live longer is asked for again each hour all the same. */
  longestTokenLifeSeconds: 3_600,
  /** Tokens are dropped this share of their life early: clocks differ, and a look-up makes several requests. */
  tokenMargin: 0.1,
  /** How long a login that is no token (plain basic, a registry token) is sent unasked after it worked. */
  loginMs: 300_000,
  /** Repositories × credentials with a login in hand, at some 2 KiB each. */
  logins: 1_000,
  /** Of all these logins together: a token server may make each of its tokens 64 KiB long. */
  loginsBytes: 4 * MIB,
  /** Accounts that are paused, and repositories × namespaces likewise, at some 1 KiB each. */
  pauses: 1_000,
  /** Of each of the two: an entry holds the text of its last failure. */
  pausesBytes: 1 * MIB,
} as const;

export type RegistryLimits = { readonly [Key in keyof typeof REGISTRY_LIMITS]: number };
