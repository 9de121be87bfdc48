/** The limits of the keychain, each with its reason. */
export const KEYCHAIN_LIMITS = {
  /** The kubelet gives a plugin a minute (pkg/credentialprovider/plugin, `ExecPlugin`); no lookup takes that long. */
  programMilliseconds: 30_000,
  /** The longest passwords are tokens of a few KiB; ECR's are near 3. */
  programBytes: 256 * 1024,
  /** The lifetime of pull secrets: enough for the Pods of one rollout, and a rotated password works soon. */
  ttlMilliseconds: 60_000,
  /** Registries, or images if a plugin responds for single images, at a few KiB each. */
  cacheEntries: 1000,
  /** Memory for the responses of one program, which may print 256 KiB for each image that a tenant names. */
  cacheBytes: 8 * 1024 * 1024,
} as const;

export type KeychainLimits = { readonly [Key in keyof typeof KEYCHAIN_LIMITS]: number };
