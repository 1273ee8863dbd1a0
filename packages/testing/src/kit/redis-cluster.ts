/**
 * A Redis Cluster for one test file: primaries, each with a replica. One rule: its nodes know each other from the start,
 * by the file in which a node keeps what it knows, so that nobody waits for them to meet.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePorts, startServer, type TestServer } from "./redis-server.ts";

/** A cluster that is up. */
export interface TestCluster {
  /** For `broker`. */
  readonly url: string;
  readonly ports: readonly number[];
  /** The primaries at the start, in the order of their slots, all of equal share. */
  readonly primaries: readonly TestServer[];
  /** The server on a port. */
  server(port: number): TestServer;
  /** Resolves when all nodes take part again, and each primary has a replica that follows. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/**
 * Starts one; resolves when it takes commands and its replicas follow.
 * @param nodeTimeoutMs how long a node is silent before others think of taking over; a busy machine is silent for a second
 * @param isDurable whether each write is on disk before it is confirmed
 */
export async function startCluster({
  primaries = 3,
  nodeTimeoutMs = 2500,
  isDurable = false,
} = {}): Promise<TestCluster> {
  const ports = await freePorts(primaries * 2);
  const nodes = ports.map((port, place) => ({ port, place, id: idOf(place), follows: place - primaries }));
  /** What one of the nodes knows of all of them. */
  const known = (self: number): string => {
    const lines = nodes.map(({ port, place, id, follows }) => {
      const flags = `${place === self ? "myself," : ""}${follows < 0 ? "master" : "slave"}`;
      const slots = follows < 0 ? ` ${from(place, primaries)}-${from(place + 1, primaries) - 1}` : "";
      const followed = follows < 0 ? "-" : idOf(follows);
      const epoch = (follows < 0 ? place : follows) + 1;
      return `${id} 127.0.0.1:${port}@${port + 10_000} ${flags} ${followed} 0 0 ${epoch} connected${slots}`;
    });
    return `${lines.join("\n")}\nvars currentEpoch ${primaries} lastVoteEpoch 0\n`;
  };
  const settings = [
    "cluster-enabled yes",
    "cluster-config-file nodes.conf",
    `cluster-node-timeout ${nodeTimeoutMs}`,
    "repl-ping-replica-period 1",
    ...(isDurable ? ["appendonly yes", "appendfsync always"] : []),
  ];
  const servers = await Promise.all(
    nodes.map(({ port, place }) => startServer({ port, settings, files: { "nodes.conf": known(place) } })),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const ready = async (): Promise<void> => {
    const replicas = await Promise.all(ports.map(untilReady));
    if (replicas.filter((isReplica) => isReplica).length !== primaries) throw new Error("a primary has no replica");
  };
  try {
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+cluster://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`,
    ports,
    primaries: servers.slice(0, primaries),
    server: (port) => {
      const server = servers.find((one) => one.port === port);
      if (server === undefined) throw new Error(`no server of this cluster listens on ${port}`);
      return server;
    },
    ready,
    stop,
  };
}

/** Forty digits of base 16. */
function idOf(place: number): string {
  return String(place + 1).padStart(40, "a");
}

/** The first slot of a primary. */
function from(place: number, primaries: number): number {
  return Math.round((place * SLOTS) / primaries);
}

/**
 * A node takes commands when it knows of all slots, a while after its start; a replica must follow too.
 * @returns whether it is a replica
 */
async function untilReady(port: number): Promise<boolean> {
  const redis = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  const end = performance.now() + 30_000;
  try {
    for (;;) {
      const [cluster, replication] = await Promise.all([redis.cluster("INFO"), redis.info("replication")]);
      const isReplica = replication.includes("role:slave");
      const follows = replication.includes("master_link_status:up");
      if (String(cluster).includes("cluster_state:ok") && isReplica === follows) return isReplica;
      if (performance.now() > end) throw new Error(`the node on ${port} is not ready after 30 s: ${String(cluster)}`);
      await delay(20);
    }
  } finally {
    redis.disconnect();
  }
}
