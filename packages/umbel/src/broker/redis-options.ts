/** A broker's place as options of ioredis. One rule: nothing is opened here but the files that a URL names. */
import { readFile } from "node:fs/promises";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { OptionError } from "@umbel/core";
import type { Cluster, ClusterNode, ClusterOptions, RedisOptions } from "ioredis";
import type { ClusterBroker, ConnectionBroker, SentinelBroker, TcpBroker, TlsFiles, UnixBroker } from "./broker.ts";
import { isClusterConnection, optionsLike } from "./given-connection.ts";
import { describeSystemError } from "./system-error.ts";

/** Options of one connection; the form of replies, which is part of ioredis's types, is always its usual one. */
export type NodeOptions = Omit<RedisOptions, "replyMapping">;

/** What a connection to one Redis, or to a cluster, is made from. */
export type ConnectionPlan = { readonly kind: "redis"; readonly options: NodeOptions } | ClusterPlan;

/** What a connection to a cluster is made from: nodes of it, or another connection. */
export type ClusterPlan =
  | {
      readonly kind: "cluster";
      readonly nodes: readonly ClusterNode[];
      readonly nodeOptions: NodeOptions;
      readonly options: Pick<ClusterOptions, "dnsLookup">;
    }
  | { readonly kind: "like"; readonly connection: Cluster };

/**
 * Gives what ioredis needs to reach a Redis that somebody else runs.
 * @throws OptionError when a file that the URL names cannot be read
 */
export async function planConnection(
  broker: TcpBroker | UnixBroker | SentinelBroker | ClusterBroker | ConnectionBroker,
): Promise<ConnectionPlan> {
  if (broker.kind === "connection") {
    const { connection } = broker;
    return isClusterConnection(connection)
      ? { kind: "like", connection }
      : { kind: "redis", options: optionsLike(connection) };
  }
  const login = pickLogin(broker);
  switch (broker.kind) {
    case "tcp": {
      const { host, port, db } = broker;
      return { kind: "redis", options: { host, port, db, ...login, ...(await readTls(broker.tls)) } };
    }
    case "unix":
      return { kind: "redis", options: { path: broker.path, db: broker.db, ...login } };
    case "sentinel": {
      const { sentinels, primary, db, sentinelUsername, sentinelPassword } = broker;
      const tls = await readTls(broker.tls);
      return {
        kind: "redis",
        options: {
          sentinels: [...sentinels],
          name: primary,
          db,
          ...login,
          ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
          ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
          ...tls,
          ...(tls.tls === undefined ? {} : { sentinelTLS: tls.tls, enableTLSForSentinelMode: true }),
        },
      };
    }
    case "cluster": {
      const tls = await readTls(broker.tls);
      return {
        kind: "cluster",
        nodes: [...broker.nodes],
        nodeOptions: { ...login, ...tls },
        // A node's certificate is for its name: ioredis would look the name up and connect to the address.
        options: tls.tls === undefined ? {} : { dnsLookup: (address, callback) => callback(null, address) },
      };
    }
  }
}

function pickLogin({ username, password }: { username?: string; password?: string }): {
  username?: string;
  password?: string;
} {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

async function readTls(files: TlsFiles | undefined): Promise<{ tls?: TlsOptions }> {
  if (files === undefined) return {};
  const [ca, cert, key] = await Promise.all([readPem(files.ca), readPem(files.cert), readPem(files.key)]);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(files.servername === undefined ? {} : { servername: files.servername }),
    },
  };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new OptionError(`cannot read ${path}, which the broker's URL names: ${describeSystemError(cause)}`, {
      cause,
    });
  }
}
