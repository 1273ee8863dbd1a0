/**
 * Members of groups as they end. One rule: each member is read when there is news of it, many in one call; nobody asks
 * for all of them again because one has ended.
 */
import { isReady, nodeId, type ResultRecord, type RunKey } from "@umbel/core";
import type { NodeRange, NodeRecord } from "../store/graph-store.ts";
import type { Deadline } from "./deadline.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { byRun, type Member } from "./members.ts";
import type { Runtime } from "./runtime.ts";
import { POLL_MS, requireThere } from "./waiting.ts";

/** How many members one read takes, and how many are read without any news in one look. */
const READ_SLICE = 1000;

/** Members of one run that have not been given. */
class RunMembers {
  readonly runKey: RunKey;
  /** By node, in their order. A result may stand in a list more than once. */
  readonly missing = new Map<number, number[]>();
  /** Those among them that are to be read. */
  readonly due = new Set<number>();
  /** Where the next look without news begins. */
  #lookedAt = 0;

  constructor(runKey: RunKey, members: readonly Member[]) {
    this.runKey = runKey;
    for (const { index, place } of members) {
      const places = this.missing.get(index);
      if (places === undefined) this.missing.set(index, [place]);
      else places.push(place);
    }
  }

  /** Notes news. */
  hear(ended: NodeRange | undefined): void {
    if (ended === undefined) {
      this.lookAtAll();
      return;
    }
    if (ended.last - ended.first < this.missing.size) {
      for (let index = ended.first; index <= ended.last; index += 1) if (this.missing.has(index)) this.due.add(index);
      return;
    }
    for (const index of this.missing.keys()) if (ended.first <= index && index <= ended.last) this.due.add(index);
  }

  lookAtAll(): void {
    for (const index of this.missing.keys()) this.due.add(index);
  }

  /** Looks at some of them, at the next ones each time: news may have been lost. */
  lookAtSome(): void {
    const missing = [...this.missing.keys()];
    if (this.#lookedAt >= missing.length) this.#lookedAt = 0;
    for (const index of missing.slice(this.#lookedAt, this.#lookedAt + READ_SLICE)) this.due.add(index);
    this.#lookedAt += READ_SLICE;
  }

  /** Takes up to `most` of those that are to be read. */
  take(most: number): number[] {
    const taken: number[] = [];
    for (const index of this.due) {
      if (taken.length >= most) break;
      taken.push(index);
      this.due.delete(index);
    }
    return taken;
  }
}

/** Waits for members of any runs. Whoever makes it ends it. */
export class MemberEnds {
  readonly #runtime: Runtime;
  readonly #deadline: Deadline;
  readonly #runs: readonly RunMembers[];
  readonly #count: number;
  /** What follows from the failure of one node is the same for all members that it ended. */
  readonly #ofDead = new Map<string, Promise<ResultRecord>>();
  #news: Deferred<void> = deferred();
  #stops: (() => void)[] = [];

  constructor(runtime: Runtime, members: readonly Member[], deadline: Deadline) {
    this.#runtime = runtime;
    this.#deadline = deadline;
    this.#count = members.length;
    this.#runs = [...byRun(members)].map(([runKey, ofRun]) => new RunMembers(runKey, ofRun));
  }

  /** Gives each member once. @throws RunExpiredError when a run is gone, TimeoutError */
  async *iterate(): AsyncGenerator<readonly [place: number, record: ResultRecord]> {
    await this.#within(this.#listen());
    for (let given = 0; given < this.#count; ) {
      this.#news = deferred();
      const ended = await this.#within(this.#readDue());
      if (ended.length === 0) await this.#within(this.#news.promise);
      for (const [place, record] of ended) yield [place, record];
      given += ended.length;
    }
  }

  /** Lets go of news and timers. */
  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    const { news } = this.#runtime;
    for (const { runKey } of this.#runs) news.unfollow(runKey).catch(() => undefined);
  }

  #within<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#deadline.within(promise, (timeoutMs) => {
      let missing = 0;
      for (const run of this.#runs) for (const places of run.missing.values()) missing += places.length;
      return `${missing} of ${this.#count} results were not there after ${timeoutMs} ms; the tasks go on, and their results can be asked for later`;
    });
  }

  async #listen(): Promise<void> {
    const { news, timers } = this.#runtime;
    for (const run of this.#runs) {
      this.#stops.push(
        news.listen(run.runKey, (ended) => {
          run.hear(ended);
          if (run.due.size > 0) this.#news.resolve();
        }),
      );
    }
    this.#stops.push(
      timers.every(POLL_MS, () => {
        for (const run of this.#runs) run.lookAtSome();
        this.#news.resolve();
      }),
    );
    await Promise.all(this.#runs.map(({ runKey }) => news.follow(runKey)));
    for (const run of this.#runs) run.lookAtAll();
  }

  /** Reads a slice of those of which there is news, and gives those that have ended. */
  async #readDue(): Promise<(readonly [place: number, record: ResultRecord])[]> {
    const reads: Promise<(readonly [number, ResultRecord])[]>[] = [];
    let room = READ_SLICE;
    for (const run of this.#runs) {
      if (room <= 0) break;
      const indices = run.take(room);
      room -= indices.length;
      if (indices.length > 0) reads.push(this.#read(run, indices));
    }
    if (room <= 0) this.#news.resolve();
    return (await Promise.all(reads)).flat();
  }

  async #read(run: RunMembers, indices: readonly number[]): Promise<(readonly [number, ResultRecord])[]> {
    const { runKey, missing } = run;
    const records = await this.#runtime.store.readNodes(runKey, indices, { withPayloads: true });
    const resolved = await Promise.all(
      records.map(async (record, position) => {
        const index = indices[position] ?? 0;
        requireThere(record, nodeId(runKey, index), runKey);
        return [index, await this.#resolve(runKey, index, record)] as const;
      }),
    );
    return resolved.flatMap(([index, record]) => {
      if (!isReady(record.state)) return [];
      const places = missing.get(index) ?? [];
      missing.delete(index);
      return places.map((place) => [place, record] as const);
    });
  }

  async #resolve(runKey: RunKey, index: number, record: NodeRecord): Promise<ResultRecord> {
    const { results } = this.#runtime;
    if (record.kind !== "dead") return await results.resolve(runKey, index, record);
    const key = `${runKey}/${record.cause}`;
    const known = this.#ofDead.get(key) ?? results.resolve(runKey, index, record);
    this.#ofDead.set(key, known);
    return await known;
  }
}
