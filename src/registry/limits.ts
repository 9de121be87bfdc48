const KIB = 1024;
const MIB = 1024 * KIB;

/** The limits of the registry client, each with its reason. */
export const REGISTRY_LIMITS = {
  /**
   * The OCI distribution spec 1.1 asks registries to take manifests of 4 MiB; real ones, large indexes included, stay under
   * 100 KiB. A parsed manifest takes up to thirty times its length, which each lookup reserves (MemoryReservation).
   */
  manifestBytes: 4 * MIB,
  /** The spec sets no limit; the largest configs in the wild are about 100 KiB. */
  configBytes: 4 * MIB,
  /** A token response is one JWT. The longest (many scopes and groups) are near 16 KiB; go-containerregistry reads 64. */
  tokenBytes: 64 * KIB,
  /** An error body is read for its code and one message; registries send about 200 bytes. */
  errorBytes: 8 * KIB,
  /** Characters of that message that are shown: the registry controls its length. */
  errorCharacters: 200,
  /** Drained after a redirect or a 401 so that the connection can be reused; beyond that, closing it is cheaper. */
  discardBytes: 16 * KIB,
  /** Node's default for response headers, set explicitly so that NODE_OPTIONS cannot change it. */
  headerBytes: 16 * KIB,
  /** Registries redirect a blob to their storage in one hop, geo-routing ones in two. */
  redirects: 5,
  /** Includes DNS and TLS. One lost SYN costs 1 s and two cost 3; an admission has 10 s by default. */
  connectMs: 3_000,
  /** Timeout for one DNS server, as `timeout:1` in resolv.conf; c-ares doubles it for the second try. */
  dnsTryMs: 1_000,
  /** UDP loses packets; a third try would outlast `dnsMs`. */
  dnsTries: 2,
  /** All tries and search domains together. Both tries of one name fit, so a silent DNS server costs at most `mirrorMs`. */
  dnsMs: 3_000,
  /** Wait for the other address family after the first address: RFC 8305 recommends 50 ms. */
  dnsSecondFamilyMs: 50,
  /** Addresses kept per name, more than a client would try in an admission; a TCP response holds 4,000. */
  dnsAddresses: 32,
  /** Lifetime of a cached DNS failure: longer than the Pods of a Deployment take to arrive, shorter than an outage. */
  dnsFailureMs: 2_000,
  /** Bounds on a DNS TTL: at least from the request to its connection, at most as long as idle connections live. */
  dnsShortestMs: 5_000,
  dnsLongestMs: 30_000,
  /** Concurrent DNS lookups per namespace: the images of one Pod rarely name more than 3 registries. */
  dnsShare: 16,
  /** Concurrent DNS lookups of all namespaces: 64 full shares. Each holds two sockets and a few KiB. */
  dnsLookups: 1_024,
  /** Cached names, and their bytes. */
  dnsNames: 1_000,
  dnsBytes: MIB,
  /** Silence from a connected registry. The admission's deadline is usually shorter; this bounds background lookups. */
  silenceMs: 10_000,
  /** One token request serves all its callers, so it has its own timeout: twice a slow response of a real token server. */
  tokenMs: 10_000,
  /**
   * HTTP/1.1 connections to one registry, one request each: more than there are concurrent lookups, so none waits for a free
   * one. With eight, the hanging requests of one namespace held them all (test/attacks).
   */
  connections: 80,
  /** Idle connections are closed before load balancers do it (the shortest common setting is 60 s). */
  keepAliveMs: 30_000,
  /** Timeout for one mirror, which leaves time for the next one: an admission has 10 s by default. */
  mirrorMs: 3_000,
  /** A third failure in a row is an outage, which more retries within one admission would not outlast. */
  attempts: 3,
  /** Wait before the first retry; doubled before the second, both with jitter, so that replicas do not retry in step. */
  retryMs: 100,
  /** A longer Retry-After does not fit into an admission: wasmgate then reports the image as unknown. */
  retryAfterMs: 2_000,
  /** Back-off after a failure without Retry-After, doubled with each further failure up to the longest. */
  pauseMs: 1_000,
  longestPauseMs: 60_000,
  /** Longest back-off of one repository. With cached failures (images/settings.ts) it outlasts an outage by 2 s at most. */
  longestRepositoryPauseMs: 1_250,
  /** Probe interval of an endpoint, and so how long its circuit stays open after an outage. */
  probeEveryMs: 1_000,
  /** GET /v2/ needs no storage, so a probe gets no more time than connecting. */
  probeMs: 3_000,
  /** A registry that never answers GET /v2/ may answer all else: a trial request every 10 s finds out. */
  trialEveryMs: 10_000,
  /**
   * Probing of an endpoint that is down ends this long after the last request to it; otherwise a name from a single Pod would
   * be probed forever. Longer than a controller waits between two attempts to create a Pod.
   */
  idleProbingMs: 20 * 60_000,
  /** Endpoints probed at a time: a cluster uses about ten registries and mirrors; the rest is for names without a server. */
  probedHosts: 64,
  /** Distribution's token specification: a token without `expires_in` lives 60 s. */
  tokenLifeSeconds: 60,
  /** Docker Hub grants 300 s, Harbor 1800 s; tokens with a longer life are renewed each hour. */
  longestTokenLifeSeconds: 3_600,
  /** Tokens expire this share of their life early: clocks differ, and a lookup makes several requests. */
  tokenMargin: 0.1,
  /** Time for which a basic login or registry token that worked is sent without a new challenge. */
  loginMs: 300_000,
  /** Cached logins, one for each repository and credential, at about 2 KiB each. */
  logins: 1_000,
  /** Total length of cached logins: a token server may issue tokens of 64 KiB. */
  loginsBytes: 4 * MIB,
  /** Back-offs of accounts, and as many of repositories per namespace, at about 1 KiB each. */
  pauses: 1_000,
  /** Total size of each of the two: an entry holds the text of its last failure. */
  pausesBytes: 1 * MIB,
} as const;

export type RegistryLimits = { readonly [Key in keyof typeof REGISTRY_LIMITS]: number };
