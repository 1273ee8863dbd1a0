/** `flow why`: why a run failed, or what it waits for. */
import { type CanvasEngine, type NodePhase, RunFollower, type StepRow, stepRows } from "@umbel/canvas";
import { nodeId, parseNodeId, type RunInfo, UnknownTaskIdError, type WireError } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { reportFailure } from "../failure-report.ts";
import { failureScreen } from "../failure-screen.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";

/** The options of `flow why`, as commander gives them. */
export interface WhyOptions extends BrokerOptions {
  readonly json?: boolean;
}

/** One node, and why it is as it is. */
interface Reason {
  readonly id: string;
  readonly index: number;
  readonly title: string;
  readonly phase: NodePhase;
  readonly why: string;
}

/** How many nodes are told of one by one. */
const MOST_TOLD = 10;

/** Prints the reasons. @throws UnknownRunError, UnknownTaskIdError, RunExpiredError, OperationalError */
export async function whyRun(
  context: CommandContext,
  run: string | undefined,
  node: string | undefined,
  options: WhyOptions,
): Promise<ExitCode> {
  const { terminal, debug } = context;
  return await withEngine(context, options, async (engine) => {
    const info = await findMeant(engine, run, terminal);
    const record = await engine.read(info.resultId);
    const error = record.raised ?? record.error;
    const asker = new Asker(engine, info);
    await asker.look();
    const reasons = node === undefined ? await asker.openReasons() : [await asker.reasonOf(asker.find(node))];
    if (options.json === true) {
      terminal.result(
        JSON.stringify(
          { run: info.id, state: info.state, reasons, ...(error === undefined ? {} : { error }) },
          undefined,
          2,
        ),
      );
      return EXIT.done;
    }
    if (node === undefined && info.state === "FAILURE" && error !== undefined) {
      terminal.result(failureScreen(await reportFailure(engine, info.resultId), error, { debug, isKept: true }));
      return EXIT.done;
    }
    if (node === undefined) terminal.result(describeState(info, reasons));
    for (const { title, index, why } of reasons)
      terminal.result(`${node === undefined ? "  " : ""}${title} [${index}]: ${why}`);
    return EXIT.done;
  });
}

function describeState({ readableId, state, ownQueue }: RunInfo, reasons: readonly Reason[]): string {
  switch (state) {
    case "SUCCESS":
      return `${readableId} succeeded; print its result by: flow result ${readableId}`;
    case "REVOKED":
    case "IGNORED":
      return `${readableId} was ${state === "REVOKED" ? `cancelled; go on with it by: flow resume ${readableId}` : "ignored"}`;
    case "PAUSED":
      return `${readableId} is paused; let it go on by: flow continue ${readableId}`;
    case "ABANDONED":
      return `${readableId} is abandoned: the command that served its queue ${ownQueue ?? ""} is gone; cancel it by: flow cancel ${readableId}`;
    default:
      return reasons.length === 0 ? `${readableId} goes on` : `${readableId} goes on, and waits for`;
  }
}

/** Asks a run for reasons. */
class Asker {
  readonly #engine: CanvasEngine;
  readonly #info: RunInfo;
  #follower: RunFollower | undefined;
  #rows: readonly StepRow[] = [];
  #now = 0;
  readonly #dueAt = new Map<number, number>();

  constructor(engine: CanvasEngine, info: RunInfo) {
    this.#engine = engine;
    this.#info = info;
  }

  async look(): Promise<void> {
    const { runKey } = parseNodeId(this.#info.id) ?? {};
    if (runKey === undefined) return;
    const follower = new RunFollower(await this.#engine.runtime(), runKey);
    this.#follower = follower;
    const { changes, now } = await follower.look({ all: true });
    await follower.close();
    this.#now = now;
    for (const { index, dueAt } of changes) if (dueAt !== undefined) this.#dueAt.set(index, dueAt);
    this.#rows = stepRows(follower.graph(), Number.POSITIVE_INFINITY);
  }

  /** @throws UnknownTaskIdError for what is no node of the run */
  find(text: string): number {
    const index = /^\d+$/.test(text) ? Number(text) : parseNodeId(text)?.index;
    if (index !== undefined && this.#rowOf(index) !== undefined) return index;
    const { readableId } = this.#info;
    throw new UnknownTaskIdError(
      `${readableId} has no task or group ${text}; see them by: flow show ${readableId} --nodes`,
    );
  }

  /** What the run waits for now. */
  async openReasons(): Promise<readonly Reason[]> {
    const open = this.#rows.filter(({ isFrame, indices: [index = -1] }) => {
      const phase = this.#phaseOf(index);
      return !isFrame && (phase === "running" || phase === "queued" || phase === "retrying");
    });
    return await Promise.all(open.slice(0, MOST_TOLD).map(({ indices: [index = -1] }) => this.reasonOf(index)));
  }

  async reasonOf(index: number): Promise<Reason> {
    const row = this.#rowOf(index);
    const { runKey } = parseNodeId(this.#info.id) ?? {};
    return {
      id: runKey === undefined ? "" : nodeId(runKey, index),
      index,
      title: row?.title ?? "?",
      phase: this.#phaseOf(index),
      why: await this.#why(index, row),
    };
  }

  async #why(index: number, row: StepRow | undefined): Promise<string> {
    const phase = this.#phaseOf(index);
    switch (phase) {
      case "waiting":
        return `waits for ${this.#describeBefore(row)}`;
      case "queued": {
        const due = this.#dueAt.get(index);
        return due === undefined || due <= this.#now
          ? `is on its queue${this.#queueOf(index)}; no worker has taken it yet`
          : `begins in ${this.#until(due)}`;
      }
      case "running":
        return row?.isFrame === true ? "goes on" : "runs";
      case "retrying": {
        const due = this.#dueAt.get(index);
        return due === undefined ? "failed and is tried again" : `failed and is tried again in ${this.#until(due)}`;
      }
      case "succeeded":
        return "succeeded";
      case "ignored":
        return "ended without a result of its own";
      case "uncalled":
        return "was not called: what it is a callback for did not happen";
      default:
        return await this.#whyEnded(index, phase);
    }
  }

  async #whyEnded(index: number, phase: NodePhase): Promise<string> {
    const { runKey } = parseNodeId(this.#info.id) ?? {};
    const record = runKey === undefined ? undefined : await this.#engine.read(nodeId(runKey, index));
    const error: WireError | undefined = record?.raised ?? record?.error;
    const told = error === undefined ? "" : `: ${error.name}${error.message === "" ? "" : `: ${error.message}`}`;
    if (phase === "failed") return `failed${told}`;
    if (phase === "revoked") return `was cancelled${told}`;
    const report = await reportFailure(this.#engine, this.#info.resultId);
    return `never ran, because ${report?.call ?? "what comes before it"} did not succeed${told}`;
  }

  /** What a row waits for: the step before it, of a group its members that have not ended. */
  #describeBefore(row: StepRow | undefined): string {
    if (row?.callback !== undefined) return `the end of ${row.after?.title ?? "what calls it"}`;
    if (row?.isFrame === true) return this.#describeMembers(row);
    if (row?.after === undefined) return "its turn: so many members of its group run at once";
    const [before = -1] = row.after.indices;
    const phase = this.#phaseOf(before);
    if (row.after.isFrame) return `${row.after.title} [${before}]: ${this.#describeMembers(row.after)}`;
    if (isOver(phase)) return "its turn: so many members of its group run at once";
    return `${row.after.title} [${before}], which ${this.#word(before, phase)}`;
  }

  #describeMembers(frame: StepRow): string {
    const from = this.#rows.indexOf(frame) + 1;
    const open: string[] = [];
    let count = 0;
    for (let at = from; at < this.#rows.length; at += 1) {
      const row = this.#rows[at];
      if (row === undefined || row.depth <= frame.depth) break;
      const [index = -1] = row.indices;
      const phase = this.#phaseOf(index);
      if (row.isFrame || row.callback !== undefined || isOver(phase)) continue;
      count += 1;
      if (open.length < 3) open.push(`${row.title} [${index}] ${this.#word(index, phase)}`);
    }
    if (count === 0) return "its members";
    return `${open.join(", ")}${count > open.length ? ` and ${count - open.length} more` : ""}`;
  }

  #word(index: number, phase: NodePhase): string {
    const due = this.#dueAt.get(index);
    switch (phase) {
      case "running":
        return "runs";
      case "queued":
        return due === undefined || due <= this.#now ? "is on its queue" : `begins in ${this.#until(due)}`;
      case "retrying":
        return due === undefined ? "is tried again" : `is tried again in ${this.#until(due)}`;
      default:
        return "waits itself";
    }
  }

  #queueOf(index: number): string {
    const node = this.#follower?.node(index);
    const queue = node?.kind === "task" ? node.options.queue : undefined;
    return queue === undefined ? "" : ` \`${queue}\``;
  }

  #until(due: number): string {
    return `${(Math.max(0, due - this.#now) / 1000).toFixed(1)} s`;
  }

  #phaseOf(index: number): NodePhase {
    return this.#follower?.phaseOf(index) ?? "waiting";
  }

  #rowOf(index: number): StepRow | undefined {
    return this.#rows.find(({ indices }) => indices.includes(index));
  }
}

function isOver(phase: NodePhase): boolean {
  return !["waiting", "queued", "running", "retrying"].includes(phase);
}
