/**
 * Ids that people gave their tasks themselves. One rule: an id is reserved before its run is stored, so two runs can
 * never share one; the job queue never sees it.
 */
import { DuplicateTaskIdError, parseNodeId, type RunKey } from "@umbel/core";
import { aliasKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { Script } from "../store/redis/script.ts";
import { releaseAlias } from "../store/redis/scripts.generated.ts";

const release = new Script(releaseAlias);

/** Ids that lead to nodes. */
export interface Aliases {
  /** Reserves ids for a run that is about to be stored. @throws DuplicateTaskIdError when one is taken; then none is */
  reserve(aliases: readonly { readonly id: string; readonly nodeId: string }[]): Promise<void>;
  /** Gives the node that an id stands for. */
  find(id: string): Promise<{ readonly runKey: RunKey; readonly index: number } | undefined>;
  /** Keeps ids of a run that goes on. */
  renew(ids: readonly string[]): Promise<void>;
  /** Gives ids of a run that is gone to whoever wants them next. */
  release(ids: readonly string[], runKey: RunKey): Promise<void>;
}

/** The error for an id that is taken. */
export function duplicateTaskId(id: string): DuplicateTaskIdError {
  return new DuplicateTaskIdError(
    `a task with the id "${id}" exists already; choose another \`taskId\`, or leave it out`,
  );
}

/** Strings in Redis that lead from an id to a node. */
export class RedisAliases implements Aliases {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #expiresMs: number;

  constructor(redis: RedisConnection, prefix: string, expiresMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#expiresMs = expiresMs;
  }

  async reserve(aliases: readonly { readonly id: string; readonly nodeId: string }[]): Promise<void> {
    const replies = await Promise.all(
      aliases.map(({ id, nodeId }) => this.#redis.set(aliasKey(this.#prefix, id), nodeId, "PX", this.#expiresMs, "NX")),
    );
    const refused = aliases.filter((_alias, position) => replies[position] === null);
    if (refused.length === 0) return;
    // One that leads to this very node was reserved by a try whose answer was lost.
    const holders = await Promise.all(refused.map(({ id }) => this.#redis.get(aliasKey(this.#prefix, id))));
    const taken = refused.filter((alias, position) => holders[position] !== alias.nodeId);
    if (taken[0] === undefined) return;
    const reserved = aliases.filter((alias) => !taken.includes(alias)).map(({ id }) => aliasKey(this.#prefix, id));
    // Each may be on another node of a cluster.
    await Promise.all(reserved.map((key) => this.#redis.del(key)));
    throw duplicateTaskId(taken[0].id);
  }

  async find(id: string): Promise<{ readonly runKey: RunKey; readonly index: number } | undefined> {
    const node = await this.#redis.get(aliasKey(this.#prefix, id));
    return node === null ? undefined : parseNodeId(node);
  }

  async renew(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#redis.pexpire(aliasKey(this.#prefix, id), this.#expiresMs)));
  }

  async release(ids: readonly string[], runKey: RunKey): Promise<void> {
    await Promise.all(ids.map((id) => release.run(this.#redis, [aliasKey(this.#prefix, id)], [runKey])));
  }
}
