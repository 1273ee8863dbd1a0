/**
 * What each call of a script of ours does to a Redis, as MONITOR tells it. One rule: a node is counted by the fields that
 * stand for it in the keys of a run, so that it does not matter how a script goes about it; a slice in flight is one field.
 */
import { createHash, randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import * as sources from "../../src/store/redis/scripts.generated.ts";

/** One call of a script. */
export interface ScriptCall {
  readonly script: string;
  /** How many nodes it read or wrote. */
  readonly nodes: number;
  /** How many fields of hashes and sets its commands named. */
  readonly fields: number;
}

const NAMES = new Map(
  Object.entries(sources).map(([name, source]) => [createHash("sha1").update(source).digest("hex"), name]),
);

/** Watches the scripts that others call on a server. */
export class ScriptWatch {
  readonly #redis: Redis;
  readonly #monitor: Redis;
  readonly #calls: ScriptCall[] = [];
  /** Pages of short values, as they were written last. */
  readonly #pages = new Map<string, string>();
  #open: { readonly script: string; readonly nodes: Set<number>; fields: number } | undefined;
  #heard: (word: string) => void = () => undefined;

  private constructor(redis: Redis, monitor: Redis) {
    this.#redis = redis;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: readonly string[], source: string) => {
      if (source === "lua") this.#note(args);
      else this.#begin(args);
    });
  }

  /** Begins to watch. @param path the server's socket */
  static async start(path: string): Promise<ScriptWatch> {
    const redis = new Redis({ path });
    return new ScriptWatch(redis, await redis.monitor());
  }

  /** Gives the calls since it was asked last. */
  async calls(): Promise<readonly ScriptCall[]> {
    const word = randomUUID();
    const heard = new Promise<void>((resolve) => {
      this.#heard = (said) => {
        if (said === word) resolve();
      };
    });
    await Promise.all([this.#redis.echo(word), heard]);
    return this.#calls.splice(0);
  }

  close(): void {
    this.#monitor.disconnect();
    this.#redis.disconnect();
  }

  /** What a client sends ends the script before it. */
  #begin([command = "", word = ""]: readonly string[]): void {
    if (this.#open !== undefined) {
      const { script, nodes, fields } = this.#open;
      this.#calls.push({ script, nodes: nodes.size, fields });
    }
    const script = command.toLowerCase() === "evalsha" ? NAMES.get(word) : undefined;
    this.#open = script === undefined ? undefined : { script, nodes: new Set(), fields: 0 };
    if (command.toLowerCase() === "echo") this.#heard(word);
  }

  #note(args: readonly string[]): void {
    if (this.#open === undefined) return;
    const [, key = ""] = args;
    for (const [field, value] of fieldsOf(args)) {
      this.#open.fields += 1;
      for (const node of this.#nodesOf(key, field, value)) this.#open.nodes.add(node);
    }
  }

  /** The nodes that a field of one of a run's keys stands for. @param value what is written there, or "" */
  #nodesOf(key: string, field: string, value: string): readonly number[] {
    const [, letter, digits] = /^([a-z]?)(\d+)x?$/.exec(field) ?? [];
    if (digits === undefined) return [];
    const first = Number(digits);
    const what = key.slice(key.lastIndexOf(":") + 1);
    if (letter === "p") {
      // A page that is read is one field, whatever stands in it.
      if (value === "") return [];
      return what === "graph" ? stretch(first * PAGE_SIZE, PAGE_SIZE, 1) : this.#newOnPage(`${key} ${field}`, value);
    }
    return [first];
  }

  /** The nodes whose values were appended to those of their page. */
  #newOnPage(page: string, text: string): readonly number[] {
    const before = this.#pages.get(page) ?? "";
    this.#pages.set(page, text);
    // MONITOR shows the mark and line ends as C does.
    const added = text.startsWith(before) ? text.slice(before.length) : text;
    return added.split("\\x01").flatMap((part) => {
      const [head = "", ...values] = part.split("\\n");
      const [first, stride] = head.split("x").map(Number);
      return first === undefined ? [] : stretch(first, values.length - 1, stride ?? 1);
    });
  }
}

function stretch(first: number, count: number, stride: number): readonly number[] {
  return Array.from({ length: Math.max(count, 0) }, (_, offset) => first + offset * stride);
}

/** The fields that a command names, with what it writes there. */
function fieldsOf([command = "", , ...rest]: readonly string[]): (readonly [field: string, value: string])[] {
  switch (command) {
    case "HSET":
      return rest.flatMap((field, place) => (place % 2 === 0 ? [[field, rest[place + 1] ?? ""] as const] : []));
    case "HGET":
    case "HMGET":
    case "HDEL":
    case "HEXISTS":
      return rest.map((field) => [field, ""]);
    case "HINCRBY":
    case "ZADD":
    case "ZREVRANGEBYSCORE":
      return [[rest[0] ?? "", ""]];
    default:
      return [];
  }
}
