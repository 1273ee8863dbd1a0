/** The small parts of a memory broker: what Redis keeps in single keys. One rule: what has expired is as if it never was. */
import { parseNodeId, type ResultReference, type ResultTuple, type RunKey } from "@umbel/core";
import { HOLDER_LENGTH } from "../../store/keys.ts";
import type { ActiveRuns } from "../active-runs.ts";
import { type Aliases, duplicateTaskId } from "../aliases.ts";
import { type DeduplicationKeys, heldResult, holderOf, type KeyHolder } from "../deduplication.ts";
import type { Lease } from "../lease.ts";
import { type LifeSigns, sorted, type WorkerInfo } from "../life-signs.ts";
import type { SavedGroups } from "../saved-groups.ts";
import type { Clock } from "./clock.ts";

/** Values that expire. */
export class Expiring<Value> {
  readonly #clock: Clock;
  readonly #values = new Map<string, { readonly value: Value; readonly expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Value | undefined {
    const held = this.#values.get(key);
    if (held === undefined) return undefined;
    if (held.expiresAt > this.#clock.now()) return held.value;
    this.#values.delete(key);
    return undefined;
  }

  set(key: string, value: Value, lifeMs: number): void {
    this.#values.set(key, { value, expiresAt: this.#clock.now() + lifeMs });
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}

/** Runs that have not ended. */
export class MemoryActiveRuns implements ActiveRuns {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #dueAt = new Map<RunKey, number>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  async add(runKey: RunKey): Promise<void> {
    this.#dueAt.set(runKey, 0);
    this.#onChange();
  }

  async remove(runKey: RunKey): Promise<void> {
    this.#dueAt.delete(runKey);
    this.#onChange();
  }

  async due(now: number, most: number): Promise<RunKey[]> {
    const due = [...this.#dueAt].filter(([, dueAt]) => dueAt <= now).sort(([, one], [, other]) => one - other);
    return due.slice(0, most).map(([runKey]) => runKey);
  }

  async all(): Promise<readonly RunKey[]> {
    return [...this.#dueAt.keys()];
  }

  async postpone(runKey: RunKey, until: number): Promise<void> {
    if (this.#dueAt.has(runKey)) this.#dueAt.set(runKey, until);
  }

  async now(): Promise<number> {
    return this.#clock.now();
  }
}

/** Ids of people's own. */
export class MemoryAliases implements Aliases {
  readonly #nodes: Expiring<string>;
  readonly #expiresMs: number;

  /** @param nodes by id; shared by all who use the broker */
  constructor(nodes: Expiring<string>, expiresMs: number) {
    this.#nodes = nodes;
    this.#expiresMs = expiresMs;
  }

  async reserve(aliases: readonly { readonly id: string; readonly nodeId: string }[]): Promise<void> {
    const seen = new Set<string>();
    for (const { id } of aliases) {
      if (seen.has(id) || this.#nodes.get(id) !== undefined) throw duplicateTaskId(id);
      seen.add(id);
    }
    for (const { id, nodeId } of aliases) this.#nodes.set(id, nodeId, this.#expiresMs);
  }

  async find(id: string): Promise<{ readonly runKey: RunKey; readonly index: number } | undefined> {
    const node = this.#nodes.get(id);
    return node === undefined ? undefined : parseNodeId(node);
  }

  async renew(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const node = this.#nodes.get(id);
      if (node !== undefined) this.#nodes.set(id, node, this.#expiresMs);
    }
  }

  async release(ids: readonly string[], runKey: RunKey): Promise<void> {
    for (const id of ids) if (this.#nodes.get(id)?.startsWith(runKey) === true) this.#nodes.delete(id);
  }
}

/** Keys of calls that are sent once. */
export class MemoryDeduplicationKeys implements DeduplicationKeys {
  readonly #holders: Expiring<string>;

  /** @param holders by key; shared by all who use the broker */
  constructor(holders: Expiring<string>) {
    this.#holders = holders;
  }

  async reserve(key: string, result: ResultReference, lifeMs: number): Promise<KeyHolder | undefined> {
    const held = heldResult(result);
    const holder = this.#holders.get(key);
    if (holder !== undefined && holder.slice(1) !== held) return holderOf(holder);
    if (holder === undefined) this.#holders.set(key, `r${held}`, lifeMs);
    return undefined;
  }

  async keep(key: string, result: ResultReference, lifeMs: number): Promise<void> {
    const held = heldResult(result);
    const holder = this.#holders.get(key);
    if (holder !== undefined && holder.slice(1) !== held) return;
    if (lifeMs === 0) this.#holders.delete(key);
    else this.#holders.set(key, `s${held}`, lifeMs);
  }
}

/** Groups that no run made. */
export class MemorySavedGroups implements SavedGroups {
  readonly #groups: Expiring<readonly ResultTuple[]>;
  readonly #expiresMs: number;

  /** @param groups by id; shared by all who use the broker */
  constructor(groups: Expiring<readonly ResultTuple[]>, expiresMs: number) {
    this.#groups = groups;
    this.#expiresMs = expiresMs;
  }

  async save(id: string, members: readonly ResultTuple[]): Promise<void> {
    this.#groups.set(id, members, this.#expiresMs);
  }

  async find(id: string): Promise<readonly ResultTuple[] | undefined> {
    return this.#groups.get(id);
  }

  async delete(id: string): Promise<void> {
    this.#groups.delete(id);
  }
}

/** Signs of life of workers in this process. */
export class MemoryLifeSigns implements LifeSigns {
  readonly #alive: Expiring<WorkerInfo>;
  readonly #incarnations = new Set<string>();
  /** A broker in memory sees few workers in its life. */
  readonly #names = new Map<string, string>();

  constructor(clock: Clock) {
    this.#alive = new Expiring(clock);
  }

  async give(incarnation: string, lifeMs: number, about: WorkerInfo): Promise<void> {
    this.#incarnations.add(incarnation);
    this.#alive.set(incarnation, about, lifeMs);
  }

  async alive(): Promise<readonly WorkerInfo[]> {
    return sorted([...this.#incarnations].flatMap((incarnation) => this.#alive.get(incarnation) ?? []));
  }

  async name(incarnation: string, name: string): Promise<void> {
    this.#names.set(incarnation.slice(0, HOLDER_LENGTH), name);
  }

  async nameOf(incarnation: string): Promise<string | undefined> {
    return this.#names.get(incarnation.slice(0, HOLDER_LENGTH));
  }

  async end(incarnation: string): Promise<void> {
    this.#incarnations.delete(incarnation);
    this.#alive.delete(incarnation);
  }

  async isAlive(incarnation: string): Promise<boolean> {
    return this.#alive.get(incarnation) !== undefined;
  }
}

/** A lease among workers in this process. */
export class MemoryLease implements Lease {
  readonly #holder: Expiring<string>;

  constructor(clock: Clock) {
    this.#holder = new Expiring(clock);
  }

  async take(holder: string, lifeMs: number): Promise<boolean> {
    if ((this.#holder.get(KEY) ?? holder) !== holder) return false;
    this.#holder.set(KEY, holder, lifeMs);
    return true;
  }

  async giveUp(holder: string): Promise<void> {
    if (this.#holder.get(KEY) === holder) this.#holder.delete(KEY);
  }
}

const KEY = "lease";
