/** A primary with a replica, and three sentinels that watch them, for one test file. One rule: it is there when all know each other. */
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePorts, startServer, type TestServer } from "./redis-server.ts";

/** What sentinels watch. */
export interface TestSentinels {
  /** For `broker`. */
  readonly url: string;
  /** For a connection of ioredis. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** What they call it. */
  readonly name: string;
  /** The primary at the start. */
  readonly primary: TestServer;
  readonly replica: TestServer;
  stop(): Promise<void>;
}

const NAME = "shop";

/**
 * Starts them; resolves when the replica follows and the sentinels have found it and each other.
 * @param downAfterMs how long the primary is silent before the replica takes over
 */
export async function startSentinels({ downAfterMs = 1500 } = {}): Promise<TestSentinels> {
  const [first = 0, second = 0, ...ports] = await freePorts(5);
  const primary = await startServer({ port: first });
  const replica = await startServer({ port: second, settings: [`replicaof 127.0.0.1 ${first}`] });
  const servers = [primary, replica];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    await untilServer(second, async (redis) => (await redis.info("replication")).includes("master_link_status:up"));
    const settings = [
      `sentinel monitor ${NAME} 127.0.0.1 ${first} 2`,
      `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
      `sentinel failover-timeout ${NAME} 5000`,
    ];
    servers.push(...(await Promise.all(ports.map((port) => startServer({ port, settings, isSentinel: true })))));
    // They find each other and the replica by the primary.
    for (const port of ports) {
      await untilServer(port, async (redis) => {
        const told = await redis.info("sentinel");
        return told.includes("slaves=1") && told.includes("sentinels=3");
      });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(",")}/${NAME}`,
    sentinels: ports.map((port) => ({ host: "127.0.0.1", port })),
    name: NAME,
    primary,
    replica,
    stop,
  };
}

/** Asks a server again and again until the answer is yes. @throws Error after half a minute */
export async function untilServer(port: number, ask: (redis: Redis) => Promise<boolean>): Promise<void> {
  const redis = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  const end = performance.now() + 30_000;
  try {
    while (!(await ask(redis))) {
      if (performance.now() > end) throw new Error(`the server on ${port} is not as it should be after 30 s`);
      await delay(20);
    }
  } finally {
    redis.disconnect();
  }
}
