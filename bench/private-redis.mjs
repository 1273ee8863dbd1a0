/** The one Redis of a benchmark, the same for all sides. One rule: it is our own, keeps nothing, and is emptied after each repetition. */
import { createServer } from "node:net";
import { Redis } from "ioredis";
import { ensureServer, startServer } from "../scripts/redis.mjs";
import { usedMemory } from "./used-memory.mjs";

/** A private server on a free port, with a connection to look at it. */
export class PrivateRedis {
  #redis;
  #server;

  constructor(port, redis, server) {
    this.port = port;
    this.#redis = redis;
    this.#server = server;
  }

  /** Starts it; gets a redis-server first where there is none. */
  static async start() {
    await ensureServer();
    const port = await freePort();
    const server = await startServer({ port });
    return new PrivateRedis(port, new Redis({ port, maxRetriesPerRequest: 3 }), server);
  }

  /** Forgets everything; gives the bytes that are still held then. */
  async empty() {
    await this.#redis.flushall("SYNC");
    return await this.memory();
  }

  /** User and system time that it has used by now, seconds. */
  async cpuSeconds() {
    const cpu = await this.#redis.info("cpu");
    const field = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(cpu)?.[1]);
    return field("used_cpu_user") + field("used_cpu_sys");
  }

  /** What it holds, bytes. */
  async memory() {
    return await usedMemory(this.#redis);
  }

  /** The jobs that wait or run in a BullMQ queue. */
  async jobsAlive(prefix, queue) {
    const lists = ["wait", "active", "prioritized", "delayed", "paused"].map((name) => `${prefix}:${queue}:${name}`);
    const [wait, active, prioritized, delayed, paused] = lists;
    const counts = await Promise.all([
      ...[wait, active, paused].map((key) => this.#redis.llen(key)),
      ...[prioritized, delayed].map((key) => this.#redis.zcard(key)),
    ]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async stop() {
    this.#redis.disconnect();
    await this.#server.stop();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
