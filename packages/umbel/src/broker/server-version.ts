/** Versions of Redis and Valkey, and which are new enough. One rule: Valkey is judged by its own number. */

/** A server's product and version. */
export interface ServerVersion {
  readonly product: "Redis" | "Valkey";
  /** As the server writes it, such as `7.0.15`. */
  readonly version: string;
}

/** The oldest version of each product that Umbel runs on. */
const OLDEST: Readonly<Record<ServerVersion["product"], string>> = { Redis: "6.2", Valkey: "7.2" };

/** Reads the output of `redis-server --version` or `valkey-server --version`; `undefined` when it is something else. */
export function parseVersionLine(output: string): ServerVersion | undefined {
  const [, product, version] = /\b(Redis|Valkey) server v=(\d+(?:\.\d+)+)/.exec(output) ?? [];
  if (version === undefined) return undefined;
  return { product: product === "Valkey" ? "Valkey" : "Redis", version };
}

/** Reads the reply of `INFO`; `undefined` when it tells no version. */
export function parseVersionInfo(info: string): ServerVersion | undefined {
  // Valkey also tells a `redis_version`: the last one of Redis that it is compatible with.
  const valkey = readInfoField(info, "valkey_version");
  if (valkey !== undefined) return { product: "Valkey", version: valkey };
  const redis = readInfoField(info, "redis_version");
  return redis === undefined ? undefined : { product: "Redis", version: redis };
}

/** Gives one field of the reply of `INFO`. */
export function readInfoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
}

/** Tells why a server is too old, in words that end a sentence, or gives `undefined` when it is not. */
export function describeTooOld({ product, version }: ServerVersion): string | undefined {
  if (compareVersions(version, OLDEST[product]) >= 0) return undefined;
  return `${product} ${version} is too old: Umbel needs Redis ${OLDEST.Redis} or Valkey ${OLDEST.Valkey}, or newer`;
}

function compareVersions(left: string, right: string): number {
  const leftNumbers = left.split(".").map(Number);
  const rightNumbers = right.split(".").map(Number);
  for (const [index, expected] of rightNumbers.entries()) {
    const difference = (leftNumbers[index] ?? 0) - expected;
    if (difference !== 0) return difference;
  }
  return 0;
}
