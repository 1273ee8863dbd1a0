/**
 * Runs nodes in slots: an attempt, its settlement, and on along the chain. One rule: what was claimed is settled, and a
 * successor never starts before the store has its predecessor's end.
 */
import {
  type Content,
  type DeadLetter,
  encodeError,
  nodeId,
  RunExpiredError,
  type RunKey,
  type TaskRegistry,
  UmbelError,
  type WireError,
} from "@umbel/core";
import type { DeadLetterStore } from "../engine/dead-letters.ts";
import type { PageCache } from "../engine/page-cache.ts";
import type { GraphNode, TaskNode } from "../graph/graph.ts";
import { ownNode } from "../graph/own-arguments.ts";
import type { GraphStore, HeldSlice, Settlement, StoredOutcome } from "../store/graph-store.ts";
import { plainTaskIndex, single, sliceKey } from "../store/slice.ts";
import type { Claimer } from "./claimer.ts";
import { type ClaimedNodes, hindrance, startsApartMs } from "./hindrance.ts";
import type { Attempt, Eventually, TaskRunner } from "./run-task.ts";
import type { Settled, Settler } from "./settler.ts";
import type { TaskSlots } from "./task-slots.ts";
import type { TerminableAttempt, Terminations } from "./terminations.ts";
import { LimitedTime, type TimeLimits } from "./time-limits.ts";

/** A slice that was claimed, as far as its nodes need to know. */
export interface RunningSlice extends HeldSlice, ClaimedNodes {
  readonly retries: number;
  /** The node whose error an errback gets. */
  readonly cause: number | undefined;
}

/** How a node ended. */
export interface NodeEnd {
  readonly node: TaskNode;
  readonly outcome: StoredOutcome;
}

/** The node that a slot goes on with. */
interface Successor {
  readonly index: number;
  readonly takesValue: boolean;
}

/** A node that this slot has claimed. @remarks `input`: the value that it takes, if it is here already */
interface Step {
  readonly slice: RunningSlice;
  readonly index: number;
  readonly input: string | undefined;
}

const NONE: readonly number[] = [];

/** What a claim within a settlement gives. Written out: to spread it costs more than the rest of a step. */
function claimedFirst(first: number): RunningSlice {
  return { first, count: 1, token: 1, deliveries: 0, retries: 0, hasExpired: false, revoked: NONE, cause: undefined };
}

/** What a NodeRunner is made of. */
export interface NodeRunnerParts {
  readonly registry: TaskRegistry;
  readonly pages: PageCache;
  readonly store: GraphStore;
  readonly content: Content;
  readonly incarnation: string;
  readonly runner: TaskRunner;
  readonly claimer: Claimer;
  readonly settler: Settler;
  readonly slots: TaskSlots;
  readonly terminations: Terminations;
  /** Calls until it succeeds, or fails for a reason that will not pass. */
  readonly persist: <Value>(call: () => Promise<Value>) => Promise<Value>;
  /** Aborted when the worker is ended at once. */
  readonly ended: AbortSignal;
  /** Whether this worker takes nothing new any more. */
  readonly isClosing: () => boolean;
  /** Whether a slice is being run here. */
  readonly isActive: (key: string) => boolean;
  readonly deadLetters: DeadLetterStore;
  readonly report: (error: unknown) => void;
  readonly onFailure: ((failure: TaskFailure) => void) | undefined;
}

/** A task that failed for good. */
export interface TaskFailure {
  readonly task: string;
  readonly id: string;
  readonly error: WireError;
  /** Whether the task's `throws` says that this may happen. */
  readonly isExpected: boolean;
}

/** Runs nodes for one worker. */
export class NodeRunner {
  readonly #parts: NodeRunnerParts;

  constructor(parts: NodeRunnerParts) {
    this.#parts = parts;
  }

  /** Runs a node in the slot that was taken for it, and gives the slot back. Settles nothing. */
  run(runKey: RunKey, slice: RunningSlice, index: number, input: string | undefined): Eventually<NodeEnd> {
    const { slots, pages } = this.#parts;
    const node = pages.peek(runKey, index);
    if (node === undefined) return this.#runUnread(runKey, slice, index, input);
    let end: Eventually<NodeEnd>;
    try {
      end = this.#runRead(runKey, slice, index, input, node);
    } catch (error) {
      slots.leave();
      throw error;
    }
    // What has not ended gives the slot back when it does.
    if (!(end instanceof Promise)) slots.leave();
    return end;
  }

  async #runUnread(runKey: RunKey, slice: RunningSlice, index: number, input: string | undefined): Promise<NodeEnd> {
    const { slots, persist, pages } = this.#parts;
    let end: Eventually<NodeEnd>;
    try {
      const node = await persist(() => pages.node(runKey, index));
      end = this.#runRead(runKey, slice, index, input, node);
    } catch (error) {
      slots.leave();
      throw error;
    }
    if (!(end instanceof Promise)) slots.leave();
    return await end;
  }

  #runRead(
    runKey: RunKey,
    slice: RunningSlice,
    index: number,
    input: string | undefined,
    shared: GraphNode,
  ): Eventually<NodeEnd> {
    if (shared.kind !== "task") throw new Error(`node ${index} of run ${runKey} is no task, but a job points to it`);
    const { registry, terminations, runner, content } = this.#parts;
    const hindered = terminations.outcomeOf(runKey, index, slice.token) ?? hindrance(shared, index, slice, registry);
    if (hindered !== undefined) return { node: shared, outcome: hindered };
    let own: TaskNode;
    try {
      own = ownNode(shared, content);
    } catch (error) {
      if (!(error instanceof UmbelError)) throw error;
      return { node: shared, outcome: { kind: "failed", payload: JSON.stringify(encodeError(error)) } };
    }
    const attempt = new SlotAttempt(this.#parts, runKey, slice, index, input, own);
    const outcome = runner.run(attempt);
    if (outcome instanceof Promise) {
      // No asynchronous function: most tasks come by here, and each promise costs them 2 us and more.
      return outcome.then(
        (ended) => this.#ended(attempt, shared, ended),
        (error: unknown) => this.#tryAgain(attempt, shared, error),
      );
    }
    attempt.close();
    return { node: shared, outcome };
  }

  /** Ends an attempt that has waited for something. */
  #ended(attempt: SlotAttempt, node: TaskNode, outcome: StoredOutcome): Eventually<NodeEnd> {
    if (outcome.kind === "failed" && outcome.letter !== undefined) {
      return this.#endedWithLetter(attempt, node, outcome, outcome.letter);
    }
    return this.#leave(attempt, node, outcome);
  }

  /** The letter is kept before the end is stored: a call that is lost in between is rejected once more. */
  async #endedWithLetter(
    attempt: SlotAttempt,
    node: TaskNode,
    outcome: StoredOutcome,
    letter: DeadLetter,
  ): Promise<NodeEnd> {
    const { persist, deadLetters } = this.#parts;
    try {
      await persist(() => deadLetters.add(letter));
    } catch (error) {
      return this.#giveUp(attempt, node, error);
    }
    return this.#leave(attempt, node, outcome);
  }

  /** Tries again what the broker has refused, for as long as that may pass. */
  async #tryAgain(attempt: SlotAttempt, node: TaskNode, refusal: unknown): Promise<NodeEnd> {
    const { persist, runner } = this.#parts;
    let outcome: StoredOutcome;
    let isFirst = true;
    try {
      outcome = await persist(async () => {
        if (!isFirst) return await runner.run(attempt);
        isFirst = false;
        throw refusal;
      });
    } catch (error) {
      return this.#giveUp(attempt, node, error);
    }
    return await this.#ended(attempt, node, outcome);
  }

  /** What was claimed must end: what is neither the task's fault nor passes is its outcome too. */
  #giveUp(attempt: SlotAttempt, node: TaskNode, error: unknown): NodeEnd {
    const { ended, report } = this.#parts;
    const end = this.#leave(attempt, node, { kind: "failed", payload: JSON.stringify(encodeError(error)) });
    if (error instanceof RunExpiredError || ended.aborted) throw error;
    report(error);
    return end;
  }

  /** Gives the slot back of an attempt that has ended, when its function has, too. */
  #leave(attempt: SlotAttempt, node: TaskNode, outcome: StoredOutcome): NodeEnd {
    const { slots, report } = this.#parts;
    attempt.close();
    const { outlived } = attempt;
    if (outlived === undefined) slots.leave();
    else {
      report(
        new Error(
          "a task goes on after its `timeLimit`, and holds its slot until it ends; let it look at `self.signal`",
        ),
      );
      outlived.finally(() => slots.leave()).catch(() => undefined);
    }
    return { node, outcome };
  }

  /** Runs a node, for which a slot was taken, and on along the chain while the only successor may run here. */
  async runOn(runKey: RunKey, slice: RunningSlice, index: number): Promise<void> {
    const ran = this.run(runKey, slice, index, undefined);
    await this.goOn(runKey, slice, index, ran instanceof Promise ? await ran : ran);
  }

  /** Settles a node that has ended, and runs on along the chain. */
  async goOn(runKey: RunKey, slice: RunningSlice, index: number, end: NodeEnd): Promise<void> {
    const { slots } = this.#parts;
    let next = await this.#settle(runKey, { slice, index, input: undefined }, end);
    while (next !== undefined) {
      slots.expect(1);
      const slot = slots.take();
      if (slot !== undefined) await slot;
      const ran = this.run(runKey, next.slice, next.index, next.input);
      next = await this.#settle(runKey, next, ran instanceof Promise ? await ran : ran);
    }
  }

  /** Settles nodes of one slice that have nothing behind them that could run here. */
  async settleAll(runKey: RunKey, settlements: readonly Settlement[]): Promise<void> {
    const { persist, settler } = this.#parts;
    const settled = await persist(() => settler.settleAll(runKey, settlements));
    let position = 0;
    for (const { index, node, outcome } of settlements) {
      if (outcome.kind === "failed" && settled[position]?.accepted === true)
        this.#tellFailure(runKey, index, node, outcome);
      position += 1;
    }
  }

  /** Whether a node that ended so may have a successor that runs here. */
  mayGoOn({ node, outcome }: NodeEnd): boolean {
    return outcome.kind === "succeeded" && outcome.addition === undefined && node.next.length === 1;
  }

  /** Settles one node; gives the successor that this slot goes on with. */
  async #settle(runKey: RunKey, { slice, index }: Step, end: NodeEnd): Promise<Step | undefined> {
    const { node, outcome } = end;
    const { persist, settler, incarnation } = this.#parts;
    const { first, count, token } = slice;
    const looked = this.mayGoOn(end) ? this.#nextHere(runKey, node) : undefined;
    const next = looked instanceof Promise ? await looked : looked;
    const claimNext = next === undefined ? {} : { claimNextAs: incarnation };
    const settlement: Settlement = { first, count, index, token, outcome, node, ...claimNext };
    const settled =
      next === undefined
        ? await persist(() => settler.settle(runKey, settlement))
        : await this.#step(runKey, settlement);
    if (settled.accepted) this.#tellFailure(runKey, index, node, outcome);
    if (next === undefined || (settled.accepted && !settled.claimedNext)) return undefined;
    if (!settled.accepted) return await this.#reclaim(runKey, next.index);
    // An immutable successor takes nothing.
    const value = next.takesValue && outcome.kind === "succeeded" ? outcome.payload : undefined;
    return { slice: claimedFirst(next.index), index: next.index, input: value };
  }

  /** Settles a step of a chain; only if that fails it is worth more than a call. */
  async #step(runKey: RunKey, settlement: Settlement): Promise<Settled> {
    const { persist, settler } = this.#parts;
    try {
      return await settler.step(runKey, settlement);
    } catch {
      // What was wrong is reported, or thrown, when it is tried again: settling is safe to repeat.
      return await persist(() => settler.step(runKey, settlement));
    }
  }

  #tellFailure(runKey: RunKey, index: number, node: TaskNode, outcome: StoredOutcome): void {
    const { onFailure } = this.#parts;
    if (outcome.kind !== "failed" || onFailure === undefined) return;
    const error = JSON.parse(outcome.payload) as WireError;
    onFailure({
      task: node.options.shadow ?? node.task,
      id: node.ownId ?? nodeId(runKey, index),
      error,
      isExpected: outcome.isExpected === true,
    });
  }

  /**
   * Claims the successor of a settlement that was refused. It was refused because the attempt was lost to another
   * worker, and then the successor is not ours either; or because this very settlement got through before, on a
   * connection that was lost before it could answer, and then the successor is held in our name and must go on.
   */
  async #reclaim(runKey: RunKey, first: number): Promise<Step | undefined> {
    const { isActive, persist, claimer } = this.#parts;
    const slice = single(first);
    if (isActive(`${runKey}/${sliceKey(slice)}`)) return undefined;
    const reply = await persist(() => claimer.claim(runKey, { first, count: 1, generation: 1 }));
    return reply.kind === "claimed"
      ? { slice: { first, count: 1, ...reply }, index: first, input: undefined }
      : undefined;
  }

  /** The node's only successor, if this slot may go on with it. */
  #nextHere(runKey: RunKey, node: TaskNode): Eventually<Successor | undefined> {
    const { isClosing, pages, persist } = this.#parts;
    if (isClosing()) return undefined;
    const [token] = node.next;
    const index = token === undefined ? undefined : plainTaskIndex(token);
    if (index === undefined) return undefined;
    const successor = pages.peek(runKey, index);
    if (successor !== undefined) return this.#asSuccessor(node, index, successor);
    return persist(() => pages.node(runKey, index)).then((read) => this.#asSuccessor(node, index, read));
  }

  #asSuccessor(node: TaskNode, index: number, successor: GraphNode): Successor | undefined {
    const { registry } = this.#parts;
    const isAlike =
      successor.kind === "task" &&
      successor.options.queue === node.options.queue &&
      successor.options.priority === node.options.priority &&
      registry.tasks.has(successor.task) &&
      startsApartMs(successor, registry) === undefined &&
      registry.tasks.get(successor.task)?.options.acksLate !== false;
    return isAlike ? { index, takesValue: successor.input !== undefined } : undefined;
  }
}

/** One attempt in a slot; asks for what it needs when it needs it. */
class SlotAttempt implements Attempt {
  readonly runKey: RunKey;
  readonly index: number;
  readonly node: TaskNode;
  readonly input: string | undefined;
  readonly #parts: NodeRunnerParts;
  readonly #slice: RunningSlice;
  #terminable: TerminableAttempt | undefined;
  #time: LimitedTime | undefined;
  /** The function, where it goes on behind the attempt's end. */
  outlived: Promise<unknown> | undefined;

  constructor(
    parts: NodeRunnerParts,
    runKey: RunKey,
    slice: RunningSlice,
    index: number,
    input: string | undefined,
    node: TaskNode,
  ) {
    this.runKey = runKey;
    this.index = index;
    this.node = node;
    this.input = input;
    this.#parts = parts;
    this.#slice = slice;
  }

  get retries(): number {
    return this.#slice.retries;
  }

  get deliveries(): number {
    return this.#slice.deliveries;
  }

  get cause(): number | undefined {
    return this.#slice.cause;
  }

  async showState(state: string, payload: string): Promise<void> {
    const { first, count, token } = this.#slice;
    const { persist, store } = this.#parts;
    const held = { first, count, token, index: this.index };
    await persist(() => store.updateState(this.runKey, held, state, payload));
  }

  openSignal(): AbortSignal {
    this.#terminable ??= this.#parts.terminations.attempt(this.runKey, this.index, this.#slice.token);
    const signal = this.#terminable.openSignal();
    return this.#time === undefined ? signal : AbortSignal.any([signal, this.#time.signal]);
  }

  limit(limits: TimeLimits): LimitedTime {
    this.#time?.stop();
    this.#time = new LimitedTime(this.node.task, limits);
    return this.#time;
  }

  outlive(running: Promise<unknown>): void {
    this.outlived = running;
  }

  /** Ends the listening for its end from outside, and the counting of its time. */
  close(): void {
    this.#terminable?.close();
    this.#time?.stop();
  }
}
