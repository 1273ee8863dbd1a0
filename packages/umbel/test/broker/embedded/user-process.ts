/**
 * A user of a project's Redis in a process of its own, for tests. It acquires a share in the folder given, prints
 * `{"ready":…}`, and obeys one line of standard input after another: `set KEY VALUE`, `get KEY`, `release`, `leave`
 * (closes its connection and lets the event loop run empty).
 */
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { acquireEmbeddedRedis } from "../../../src/broker/embedded/embedded-redis.ts";

const share = await acquireEmbeddedRedis(process.argv[2] ?? "", { user: "test user" });
const redis = new Redis({ ...share.connectionOptions, maxRetriesPerRequest: null });
redis.on("error", () => undefined);
const [, pid] = /process_id:(\d+)/.exec(await redis.info()) ?? [];
say({ ready: Number(pid), socketPath: share.socketPath });

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const [word, key = "", value = ""] = line.split(" ");
  if (word === "set") say(await redis.set(key, value));
  if (word === "get") say(await redis.get(key));
  if (word === "release") {
    redis.disconnect();
    await share.release();
    say("released");
    break;
  }
  if (word === "leave") {
    redis.disconnect();
    break;
  }
}
lines.close();
process.stdin.destroy();

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
