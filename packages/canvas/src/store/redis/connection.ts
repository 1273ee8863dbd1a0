/**
 * Connections to a Redis or to a Redis Cluster. One rule: what differs between the two is asked here; everybody else sends
 * commands whose keys have one hash tag, and need not know.
 */
import type { Cluster, Redis } from "ioredis";

/** A connection to one Redis, or to all nodes of a cluster. */
export type RedisConnection = Redis | Cluster;

/** Whether it is one to a cluster. */
export function isCluster(connection: RedisConnection): connection is Cluster {
  return connection.isCluster;
}

/** The connections on which scripts run: one, or one a primary. */
export function primariesOf(connection: RedisConnection): readonly Redis[] {
  return isCluster(connection) ? connection.nodes("master") : [connection];
}

/**
 * Writes what is sent until the next tick in one piece: each write is a system call, which costs more than most commands.
 * A cluster has a socket for each node, and what is sent together mostly goes to several; there nothing is held back.
 * @returns writes it now
 */
export function cork(connection: RedisConnection): () => void {
  if (isCluster(connection)) return () => undefined;
  const { stream } = connection;
  stream?.cork();
  return () => stream?.uncork();
}

/** Lets a process end though the connection is open. */
export function holdNoProcess(connection: RedisConnection): void {
  if (!isCluster(connection)) {
    connection.on("connect", () => connection.stream.unref());
    return;
  }
  for (const node of connection.nodes()) holdNoProcess(node);
  connection.on("+node", holdNoProcess);
}

/** Resolves when a connection can be used; rejects with what ioredis says when the server does not answer. */
export async function connected(connection: RedisConnection): Promise<void> {
  if (connection.status === "wait") await connection.connect();
  else await connection.ping();
}
