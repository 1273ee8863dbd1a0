/** A Redis of one test file's own, whose commands and bytes are counted. One rule: nobody else works on it. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Redis } from "ioredis";

/** What one piece of work cost the server. */
export interface Cost {
  /** Commands, those within scripts too. */
  readonly commands: number;
  /** Bytes that came and went. */
  readonly bytes: number;
}

/** The repository's own way to start a server. */
interface Servers {
  startServer(): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/** A private server. */
export class CountedRedis {
  readonly path: string;
  readonly #redis: Redis;
  readonly #stop: () => Promise<void>;

  private constructor(path: string, stop: () => Promise<void>) {
    this.path = path;
    this.#redis = new Redis({ path });
    this.#stop = stop;
  }

  /** Starts a server. */
  static async start(): Promise<CountedRedis> {
    const script = join(import.meta.dirname, "../../../../scripts/redis.mjs");
    const { startServer } = (await import(pathToFileURL(script).href)) as Servers;
    const server = await startServer();
    return new CountedRedis(server.url.replace("unix://", ""), () => server.stop());
  }

  /** Counts what some work costs. */
  async count(work: () => Promise<unknown>): Promise<Cost> {
    await this.#redis.config("RESETSTAT");
    await work();
    const [stats, commands] = await Promise.all([this.#redis.info("stats"), this.#redis.info("commandstats")]);
    const bytes = Number(field(stats, "total_net_input_bytes")) + Number(field(stats, "total_net_output_bytes"));
    let calls = 0;
    for (const [, count] of commands.matchAll(/:calls=(\d+)/g)) calls += Number(count);
    return { commands: calls, bytes };
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
    await this.#stop();
  }
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1] ?? "";
}
