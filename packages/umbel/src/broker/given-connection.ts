/**
 * A connection that people made themselves, as a broker. One rule: it is only a pattern: connections of ours are made like
 * it, and it is neither used nor closed.
 */
import { OptionError } from "@umbel/core";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import type { ConnectionBroker } from "./broker.ts";

/** What people may give an App for its broker. */
export type GivenConnection = Redis | Cluster;

/**
 * Reads the `connection` of an App.
 * @throws OptionError when it is none of ioredis, or has a prefix of its own, which would hide keys from scripts
 */
export function readConnection(given: unknown): ConnectionBroker {
  if (!isConnection(given)) {
    throw new OptionError(
      "`connection` is no connection of ioredis; give `new Redis(…)` or `new Cluster(…)`, or the address as `broker`",
    );
  }
  const { keyPrefix } = given.options;
  if (keyPrefix !== undefined && keyPrefix !== "") {
    throw new OptionError(
      `\`connection\` has the keyPrefix "${keyPrefix}"; leave it out, and give the App a \`prefix\` instead`,
    );
  }
  return { kind: "connection", connection: given };
}

/** Whether a connection is one to a cluster; it may be of another copy of ioredis. */
export function isClusterConnection(connection: GivenConnection): connection is Cluster {
  return connection.isCluster;
}

/** Gives the address of a connection, for people. */
export function describeConnection(connection: GivenConnection): string {
  if (isClusterConnection(connection)) {
    const nodes = connection.nodes("master").map(({ options }) => joinHost(options));
    return nodes.length === 0 ? "the cluster of `connection`" : `redis+cluster://${nodes.join(",")}`;
  }
  const { options } = connection;
  const database = options.db === undefined || options.db === 0 ? "" : `/${options.db}`;
  if (options.path !== undefined && options.path !== null) return `unix://${options.path}`;
  const letter = options.tls === undefined ? "" : "s";
  if (options.sentinels === undefined || options.sentinels === null) {
    return `redis${letter}://${joinHost(options)}${database}`;
  }
  const sentinels = options.sentinels.map(joinHost).join(",");
  return `redis${letter}+sentinel://${sentinels}/${options.name}${database}`;
}

/** Options as of a connection that is like it, without what our commands could not do with. */
export function optionsLike({ options }: Redis): RedisOptions {
  const { commandTimeout: _commands, blockingTimeout: _blocking, ...kept } = options;
  return { ...kept, ...PLAIN };
}

/** Commands are sent in our order, one by one, and answered as Redis has always done. */
export const PLAIN = { enableAutoPipelining: false, enableOfflineQueue: true, lazyConnect: false } as const;

function isConnection(given: unknown): given is GivenConnection {
  return (
    typeof given === "object" &&
    given !== null &&
    "isCluster" in given &&
    typeof given.isCluster === "boolean" &&
    "duplicate" in given &&
    typeof given.duplicate === "function" &&
    "options" in given &&
    typeof given.options === "object"
  );
}

function joinHost({
  host = "localhost",
  port = 6379,
}: {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
