/** The contract of the store where a connection is more than one socket: by sentinels, and by TLS as a user who may touch one prefix. */
import { afterAll, beforeAll } from "@jest/globals";
import { listKeys, startSentinels, startTlsServer, TLS_PREFIX } from "@umbel/testing";
import { Redis } from "ioredis";
import { RedisGraphStore } from "../../src/store/redis/redis-graph-store.ts";
import { readStoreClock } from "../../src/store/redis/store-clock.ts";
import { until } from "../kit/redis-server.ts";
import { describeGraphStore, type OpenStore, type StoreOptions } from "../store/contract.ts";
import { describeResuming } from "../store/resume-contract.ts";

/** A server for the stores of one kind. */
interface Server {
  /** As the store is to have it. */
  readonly redis: Redis;
  /** To look at all keys, which not everybody may. */
  readonly admin: Redis;
  stop(): Promise<void>;
}

async function startBySentinels(): Promise<Server> {
  const { sentinels, name, stop } = await startSentinels({ downAfterMs: 15_000 });
  const redis = new Redis({ sentinels: [...sentinels], name, maxRetriesPerRequest: null });
  return {
    redis,
    admin: redis,
    stop: async () => {
      redis.disconnect();
      await stop();
    },
  };
}

async function startByTls(): Promise<Server> {
  const server = await startTlsServer();
  const redis = server.connect();
  return {
    redis,
    admin: server.admin,
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}

let opened = 0;

for (const [kind, start] of [
  ["by sentinels", startBySentinels],
  ["by TLS", startByTls],
] as const) {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  }, 60_000);
  afterAll(() => server.stop());

  const open = async (options: StoreOptions): Promise<OpenStore> => {
    opened += 1;
    const { redis, admin } = server;
    const prefix = `${TLS_PREFIX}:contract-${opened}`;
    const keys = (): Promise<string[]> => listKeys(admin, `${prefix}:`);
    return {
      store: new RedisGraphStore(redis, { ...options, prefix }),
      expire: async () => {
        for (const key of await keys()) await redis.pexpire(key, 1);
        await until("nothing is left", async () => (await keys()).length === 0);
      },
      pass: async (ms) => {
        const end = (await readStoreClock(redis, prefix)) + ms;
        await until("the time has passed", async () => (await readStoreClock(redis, prefix)) >= end);
      },
      leftovers: keys,
      close: async () => undefined,
    };
  };
  describeGraphStore(`graphs ${kind}`, open);
  describeResuming(`resuming ${kind}`, open);
}
