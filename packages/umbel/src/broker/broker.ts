/** Where a broker is, as data, and in words. One rule: the words never hold a password. */
import { describeConnection, type GivenConnection } from "./given-connection.ts";

/** A host and its port. */
export interface HostAndPort {
  /** A name or an address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** The user's name and password, where the URL holds them. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** Files and names for TLS, from the query of a `rediss:` URL. */
export interface TlsFiles {
  /** Path of the certificate authority's PEM file. */
  readonly ca?: string;
  /** Path of our certificate's PEM file. */
  readonly cert?: string;
  /** Path of our key's PEM file. */
  readonly key?: string;
  /** The name that the server's certificate must hold, where it is not the host. */
  readonly servername?: string;
}

/** One Redis, by TCP. `tls` is there when the scheme asks for it. */
export interface TcpBroker extends HostAndPort, Credentials {
  readonly kind: "tcp";
  readonly db: number;
  readonly tls?: TlsFiles;
}

/** One Redis, by a unix socket. */
export interface UnixBroker extends Credentials {
  readonly kind: "unix";
  readonly path: string;
  readonly db: number;
}

/** The primary that a set of sentinels names. */
export interface SentinelBroker extends Credentials {
  readonly kind: "sentinel";
  readonly sentinels: readonly HostAndPort[];
  /** The name that the sentinels know the primary by. */
  readonly primary: string;
  readonly db: number;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly tls?: TlsFiles;
}

/** A Redis Cluster, by some of its nodes. */
export interface ClusterBroker extends Credentials {
  readonly kind: "cluster";
  readonly nodes: readonly HostAndPort[];
  readonly tls?: TlsFiles;
}

/** The private server of the project. */
export interface EmbeddedBroker {
  readonly kind: "embedded";
}

/** A store and queue inside this process. */
export interface MemoryBroker {
  readonly kind: "memory";
}

/** Wherever a connection leads that people made themselves. */
export interface ConnectionBroker {
  readonly kind: "connection";
  readonly connection: GivenConnection;
}

/** Every broker that can be named by a URL, or given as a connection. */
export type Broker =
  | TcpBroker
  | UnixBroker
  | SentinelBroker
  | ClusterBroker
  | ConnectionBroker
  | EmbeddedBroker
  | MemoryBroker;

/** Gives the broker as people may read it: never with a password. */
export function describeBroker(broker: Broker): string {
  switch (broker.kind) {
    case "tcp":
      return `redis${tlsLetter(broker)}://${joinHost(broker)}${databasePath(broker.db)}`;
    case "unix":
      return `unix://${broker.path}${broker.db === 0 ? "" : `?db=${broker.db}`}`;
    case "sentinel":
      return `redis${tlsLetter(broker)}+sentinel://${broker.sentinels.map(joinHost).join(",")}/${broker.primary}${databasePath(broker.db)}`;
    case "cluster":
      return `redis${tlsLetter(broker)}+cluster://${broker.nodes.map(joinHost).join(",")}`;
    case "connection":
      return describeConnection(broker.connection);
    case "embedded":
      return "embedded:";
    case "memory":
      return "memory:";
  }
}

function tlsLetter(broker: { readonly tls?: TlsFiles }): string {
  return broker.tls === undefined ? "" : "s";
}

function joinHost({ host, port }: HostAndPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function databasePath(db: number): string {
  return db === 0 ? "" : `/${db}`;
}
