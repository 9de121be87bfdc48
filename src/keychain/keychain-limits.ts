/** Every number of the keychain, with its reason. */
export const KEYCHAIN_LIMITS = {
  /** The kubelet gives a plugin a minute (pkg/credentialprovider/plugin, `ExecPlugin`); no look-up of ours lives that long. */
  programMilliseconds: 30_000,
  /** The longest password is a token of some KiB; ECR's are near 3. */
  programBytes: 256 * 1024,
  /** As for pull secrets: long enough for the Pods of one rollout, short enough that a rotated password works soon. */
  ttlMilliseconds: 60_000,
  /** Registries, or images where a plugin answers for one image only, at some KiB each. */
  cacheEntries: 1000,
  /** Bytes of memory for what one plugin answered: a program may say 256 KiB for each image that a tenant names. */
  cacheBytes: 8 * 1024 * 1024,
} as const;

export type KeychainLimits = { readonly [Key in keyof typeof KEYCHAIN_LIMITS]: number };
