/**
 * Handles on results. One rule: a handle holds ids and an engine and nothing else, so it can be made from an id
 * anywhere. Methods that ask the store are async; a handle is never thenable, a Submission is.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { v4 } from "uuid";
import { type TimeoutOptions, timeoutInMs } from "./duration.ts";
import type {
  Engine,
  ResultRecord,
  ResultReference,
  ResultTuple,
  RevokeOptions,
  RevokeReply,
  SubmittedRun,
  WaitLimits,
} from "./engine.ts";
import { OptionError, SynchronousSubtaskError, TaskRevokedError } from "./errors.ts";
import { decodeError } from "./serialization/error.ts";
import { show } from "./show.ts";
import { isReady, type State } from "./states.ts";
import { currentTask } from "./task-context.ts";

/** How long, and how, to wait for a result. */
export interface GetOptions extends TimeoutOptions {
  /** Ends the waiting (not the run); `get` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** With `false` the error is returned instead of thrown. */
  propagate?: boolean;
  /** With `false` a task may wait, too; it then holds its slot of a worker while it does. */
  disableSyncSubtasks?: boolean;
  /** Told of each state that is seen, the last one included, before the result is given. */
  onMessage?: (event: ResultEvent) => void;
}

/** What is seen of a task. */
export interface ResultEvent {
  readonly id: string;
  readonly state: State;
  /** The value, the error, or what the task has told with a state of its own. */
  readonly info: unknown;
  /** What `stamp` has written on the call, if anything. */
  readonly stamps?: Readonly<Record<string, unknown>>;
}

/** Where tasks may wait for results. */
const joinAllowed = new AsyncLocalStorage<true>();

/** Runs a function that may wait for results within a task, as `get` refuses it there. */
export function allowJoinResult<Result>(fn: () => Result): Result {
  return joinAllowed.run(true, fn);
}

/** @throws SynchronousSubtaskError in a task of a worker: all of its slots could come to wait for what only it would run */
function requireJoin(what: string, { disableSyncSubtasks = true }: GetOptions): void {
  if (!disableSyncSubtasks || joinAllowed.getStore() === true) return;
  const task = currentTask();
  if (task === undefined || task.request.isEager || task.request.calledDirectly) return;
  throw new SynchronousSubtaskError(
    `task "${task.name}" (${task.request.id}) waits for ${what}, which can hold its worker for ever; let what comes next be a canvas (\`chain\`, \`chord\`, \`self.replace\`), or wrap it in \`allowJoinResult\``,
  );
}

/** The engine of a handle; eager calls each have one of their own. */
let engineOf: (result: AsyncResult) => Engine;

/** The result of a task, of a chain's last step or of a chord's body, here or not yet. */
export class AsyncResult<out Result = unknown> {
  readonly id: string;
  readonly #engine: Engine;

  static {
    engineOf = (result) => result.#engine;
  }

  constructor(id: string, engine: Engine) {
    this.id = id;
    this.#engine = engine;
  }

  /** Reads the state. An id that nobody knows is PENDING, as in Celery. */
  async state(): Promise<State> {
    const [state = "PENDING"] = await this.#engine.states([this.id]);
    return state;
  }

  /** Reads the value, the error, or what the task has told with a state of its own; `undefined` when there is nothing yet. */
  async info(): Promise<unknown> {
    const record = await this.#engine.read(this.id);
    if (record.state === "SUCCESS") return record.value;
    return record.error === undefined ? record.info : decodeError(record.error);
  }

  /** Whether it has ended, well or not. */
  async ready(): Promise<boolean> {
    return isReady(await this.state());
  }

  /** Whether it has ended well. */
  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  /** Whether it has failed. */
  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /** Reads the result, or the error that is stored instead of it; `undefined` while there is neither. Never waits. */
  async result(): Promise<Result | Error | undefined> {
    const record = await this.#engine.read(this.id);
    if (record.state === "SUCCESS") return record.value as Result;
    return record.error === undefined || record.state === "IGNORED" ? undefined : decodeError(record.error);
  }

  /** Reads the stack of the stored error, as it was where the task threw; `undefined` when there is none. */
  async traceback(): Promise<string | undefined> {
    const { state, error } = await this.#engine.read(this.id);
    return state === "IGNORED" ? undefined : error?.stack;
  }

  /** Throws what `get` would throw, if that is known by now. Never waits. */
  async maybeThrow(): Promise<void> {
    const record = await this.#engine.read(this.id);
    if (record.state === "FAILURE" || record.state === "REVOKED") throw errorOf(record, this.id);
  }

  /**
   * Waits for the end and gives the result. Throws the error of the step that failed, also when that stands before this
   * one; a chord's body that did not run because of its header throws the header member's own error (the stored one is a
   * ChordError).
   * @throws TimeoutError when `timeout` passes first; the run goes on
   */
  async get(options: GetOptions = {}): Promise<Result> {
    return (await getResult(this.#engine, this.id, options)) as Result;
  }

  /**
   * Gives what is seen of the task, from now to its end: each state with what is told of it. Two that follow each other at
   * once may be seen as one. Never throws the task's error.
   * @throws TimeoutError when `timeout` passes first; the run goes on
   */
  async *events(options: GetOptions = {}): AsyncGenerator<ResultEvent> {
    requireJoin(`the events of ${this.id}`, options);
    for await (const record of this.#engine.watch(this.id, limitsOf(options))) yield eventOf(record, this.id);
  }

  /**
   * Gives the result before this one: of a chain's step the step before it, of a chord's body the header's group, of a
   * callback what called it. The first of all has none, nor has the first step of a group's member.
   * @throws UnknownTaskIdError, RunExpiredError
   */
  async parent(): Promise<AsyncResult | undefined> {
    const reference = await this.#engine.parent(this.id);
    return reference === undefined ? undefined : handleOf(reference, this.#engine);
  }

  /**
   * Gives what this task called or led to when it ended: its callbacks and the step behind it, none of them before it has
   * ended. Of an `each`, and of a task that was replaced by a group, the members come first, and as soon as there are any.
   * @throws UnknownTaskIdError, RunExpiredError
   */
  async children(): Promise<readonly AsyncResult[]> {
    return (await this.#engine.children(this.id)).map((reference) => handleOf(reference, this.#engine));
  }

  /**
   * Waits for this result and for all that follow from it, in breadth: its children, theirs, and so on.
   * @throws the first error among them
   */
  async *collect(options: GetOptions = {}): AsyncGenerator<readonly [result: AsyncResult, value: unknown]> {
    const open: AsyncResult[] = [this];
    for (let result = open.shift(); result !== undefined; result = open.shift()) {
      yield [result, await result.get(options)];
      for (const child of await result.children()) open.push(child);
    }
  }

  /** Gives this result and those before it as plain data; `app.resultFromTuple` makes the handle again. */
  async asTuple(): Promise<ResultTuple> {
    return await tupleOf(this, null);
  }

  /**
   * Revokes the task; of a group, its members. What has not begun ends REVOKED at once, and so does what comes after it;
   * what runs goes on, unless `terminate` says otherwise. Of a canvas this is the result's own task, as in Celery:
   * `{ run: true }` revokes all of it. Safe to repeat.
   * @throws UnknownTaskIdError, RunExpiredError
   */
  async revoke(options: RevokeOptions = {}): Promise<RevokeReply> {
    return await this.#engine.revoke(this.id, options);
  }

  /**
   * Deletes this result and those before it, for good; of a canvas's own result all that is stored of the run. Its state
   * is PENDING then, and `get` throws.
   * @throws RunNotEndedError while the run goes on
   */
  async forget(): Promise<void> {
    await this.#engine.forget([this.id]);
  }

  toString(): string {
    return this.id;
  }
}

/** What is known of a group that no run made. */
export interface GroupParts {
  readonly members: readonly AsyncResult[];
  readonly parent?: AsyncResult;
}

/** The handles on the results of a group's members, in their order. */
export type MemberResults<Results extends readonly unknown[]> = {
  readonly [K in keyof Results]: AsyncResult<Results[K]>;
};

/** Groups that no run made. */
const assembled = new WeakSet<AsyncResult>();

/** The result of a group: the ordered list of its members' results. */
export class GroupResult<out Results extends readonly unknown[] = readonly unknown[]> extends AsyncResult<Results> {
  readonly #engine: Engine;
  readonly #parts: GroupParts | undefined;

  /** @param parts for a group of results that no run made; else all is read from the run */
  constructor(id: string, engine: Engine, parts?: GroupParts) {
    super(id, engine);
    this.#engine = engine;
    this.#parts = parts;
    if (parts !== undefined) assembled.add(this);
  }

  /** Gives the members' results, in order. @throws UnknownTaskIdError for the id of what is no group, RunExpiredError */
  async results(): Promise<MemberResults<Results>> {
    const members =
      this.#parts?.members ?? (await this.#engine.members(this.id)).map((member) => handleOf(member, this.#engine));
    return members as MemberResults<Results>;
  }

  /** Gives the members' results, in order. */
  override async children(): Promise<readonly AsyncResult[]> {
    return await this.results();
  }

  override async parent(): Promise<AsyncResult | undefined> {
    return this.#parts === undefined ? await super.parent() : this.#parts.parent;
  }

  /** PENDING until all members have ended, then SUCCESS if all of them succeeded, else FAILURE. */
  override async state(): Promise<State> {
    if (this.#parts === undefined) return await super.state();
    const states = await this.#states();
    if (!states.every(isReady)) return "PENDING";
    return states.every((state) => state === "SUCCESS") ? "SUCCESS" : "FAILURE";
  }

  /** How many members have succeeded. */
  async completedCount(): Promise<number> {
    return (await this.#states()).filter((state) => state === "SUCCESS").length;
  }

  /** Whether any member has failed, though others may still run. */
  override async failed(): Promise<boolean> {
    return (await this.#states()).includes("FAILURE");
  }

  /** Whether any member has not ended. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  override async result(): Promise<Results | Error | undefined> {
    if (this.#parts === undefined) return await super.result();
    return (await this.ready()) ? await this.get({ propagate: false }) : undefined;
  }

  override async info(): Promise<unknown> {
    return await this.result();
  }

  override async traceback(): Promise<string | undefined> {
    if (this.#parts === undefined) return await super.traceback();
    const error = await this.result();
    return error instanceof Error ? error.stack : undefined;
  }

  override async maybeThrow(): Promise<void> {
    if (this.#parts === undefined) return await super.maybeThrow();
    if (await this.ready()) await this.get();
  }

  /**
   * Waits until all members have ended and gives the list of their results, in their order. Throws the error of the
   * first member in order that failed.
   * @throws TimeoutError when `timeout` passes first; the run goes on
   */
  override async get(options: GetOptions = {}): Promise<Results> {
    if (this.#parts === undefined) return await super.get(options);
    const records: ResultRecord[] = [];
    for await (const [place, record] of this.#ends(options)) records[place] = record;
    const failed = records.find(({ state }) => state !== "SUCCESS" && state !== "IGNORED");
    if (failed === undefined) return records.map(({ value }) => value) as readonly unknown[] as Results;
    return throwUnless(options, errorOf(failed, this.id)) as Results;
  }

  /** As `get`, under Celery's other name. */
  async join(options: GetOptions = {}): Promise<Results> {
    return await this.get(options);
  }

  /**
   * Gives the members' values as they come, each with its place in the group; those that are there first, in order. The
   * limits hold for all of it.
   * @throws the error of a member that failed, when its turn comes; with `propagate: false` it is given like a value
   */
  async *iterate(options: GetOptions = {}): AsyncGenerator<readonly [place: number, value: Results[number]]> {
    for await (const [place, record] of this.#ends(options)) {
      yield [place, outcomeOf(record, this.id, options)];
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<readonly [place: number, value: Results[number]]> {
    return this.iterate();
  }

  /**
   * Keeps the group, so that `app.restoreGroup` finds it by its id, for as long as an ended run is kept. Only needed for
   * groups made by `app.groupResult`; any other can be found as long as its run is kept.
   */
  async save(): Promise<void> {
    if (this.#parts === undefined) return;
    await this.#engine.saveGroup(this.id, await Promise.all(this.#parts.members.map((member) => member.asTuple())));
  }

  /** Deletes what `save` keeps; the members' results stay. */
  async delete(): Promise<void> {
    if (this.#parts !== undefined) await this.#engine.deleteGroup(this.id);
  }

  override async asTuple(): Promise<ResultTuple> {
    return await tupleOf(this, await Promise.all((await this.results()).map((member) => member.asTuple())));
  }

  override async revoke(options: RevokeOptions = {}): Promise<RevokeReply> {
    if (this.#parts === undefined) return await super.revoke(options);
    const replies = await Promise.all(this.#parts.members.map((member) => member.revoke(options)));
    return REPLIES.find((reply) => replies.includes(reply)) ?? "ended";
  }

  override async forget(): Promise<void> {
    if (this.#parts === undefined) return await super.forget();
    for (const { engine, ids } of byEngine(this.#parts.members, this.#engine)) await engine.forget(ids);
    await this.delete();
  }

  async #states(): Promise<readonly State[]> {
    if (this.#parts === undefined) return await this.#engine.states(this.id);
    const states: State[] = [];
    for (const { engine, ids, places } of byEngine(this.#parts.members, this.#engine)) {
      for (const [position, state] of (await engine.states(ids)).entries()) states[places[position] ?? 0] = state;
    }
    return states;
  }

  async *#ends(options: GetOptions): AsyncGenerator<readonly [place: number, record: ResultRecord]> {
    requireJoin(`the results of group ${this.id}`, options);
    const limits = limitsOf(options);
    if (this.#parts === undefined) {
      yield* this.#engine.ends(this.id, limits);
      return;
    }
    for (const { engine, ids, places } of byEngine(this.#parts.members, this.#engine)) {
      for await (const [position, record] of engine.ends(ids, limits)) yield [places[position] ?? 0, record];
    }
  }
}

/** Members of a group that one engine knows. */
interface EngineMembers {
  readonly engine: Engine;
  readonly ids: string[];
  /** Where each stands in the group. */
  readonly places: number[];
}

/** Parts members by engine. Those of eager calls come first: they have ended. */
function byEngine(members: readonly AsyncResult[], own: Engine): readonly EngineMembers[] {
  const engines = new Map<Engine, EngineMembers>();
  for (const [place, member] of members.entries()) {
    const engine = engineOf(member);
    const known = engines.get(engine) ?? { engine, ids: [], places: [] };
    engines.set(engine, known);
    known.ids.push(member.id);
    known.places.push(place);
  }
  return [...engines.values()].sort((one, other) => Number(one.engine === own) - Number(other.engine === own));
}

/** What counts of several: what was revoked, before what goes on. */
const REPLIES: readonly RevokeReply[] = ["revoked", "running"];

/** Makes a group of results that were sent one by one. @throws OptionError for such a group among them */
export function assembleGroup(members: readonly AsyncResult[], engine: Engine): GroupResult {
  for (const [place, member] of members.entries()) {
    if (!(member instanceof AsyncResult)) {
      throw new OptionError(
        `a group is made of results; number ${place + 1} is ${show(member)} (await what \`delay\` gives)`,
      );
    }
    if (assembled.has(member)) {
      throw new OptionError(`number ${place + 1} of the results is itself a group that no run made; give its members`);
    }
  }
  return new GroupResult(v4(), engine, { members: [...members] });
}

/** Makes the handle of what another result names. */
export function handleOf({ id, isGroup }: ResultReference, engine: Engine): AsyncResult {
  return isGroup ? new GroupResult(id, engine) : new AsyncResult(id, engine);
}

/** Waits for a result. @param stored the call that it is the result of is stored when it resolves */
export async function getResult(
  engine: Engine,
  id: string,
  options: GetOptions,
  stored?: SubmittedRun["stored"],
): Promise<unknown> {
  requireJoin(`the result of ${id}`, options);
  const { onMessage } = options;
  if (onMessage !== undefined) {
    const answer = (await stored)?.id ?? id;
    let last: ResultRecord = { state: "PENDING" };
    for await (const record of engine.watch(answer, limitsOf(options))) {
      last = record;
      onMessage(eventOf(record, answer));
    }
    return outcomeOf(last, answer, options);
  }
  return outcomeOf(await engine.wait(id, limitsOf(options), stored), id, options);
}

function eventOf(record: ResultRecord, id: string): ResultEvent {
  const { state, value, error, info, stamps } = record;
  return {
    id,
    state,
    info: state === "SUCCESS" ? value : error === undefined ? info : decodeError(error),
    ...(stamps === undefined ? {} : { stamps }),
  };
}

function limitsOf(options: GetOptions): WaitLimits {
  const timeoutMs = timeoutInMs(options);
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function outcomeOf(record: ResultRecord, id: string, options: GetOptions): unknown {
  if (record.state === "SUCCESS") return record.value;
  return record.state === "IGNORED" ? undefined : throwUnless(options, errorOf(record, id));
}

// Celery's `propagate=False` returns what it would have raised; so the type of the value is a matter of that flag.
function throwUnless({ propagate }: GetOptions, error: Error): unknown {
  if (propagate === false) return error;
  throw error;
}

function errorOf(record: ResultRecord, id: string): Error {
  const wire = record.raised ?? record.error;
  return wire === undefined ? new TaskRevokedError(`task ${id} was revoked`) : decodeError(wire);
}

async function tupleOf(result: AsyncResult, members: readonly ResultTuple[] | null): Promise<ResultTuple> {
  const parent = await result.parent();
  return [[result.id, parent === undefined ? null : await parent.asTuple()], members];
}
