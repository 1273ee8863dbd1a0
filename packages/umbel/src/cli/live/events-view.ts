/**
 * A run as events for programs: one JSON object a line on standard output. One rule: what is here stays; a change that readers must
 * know of gets a new version. The first is `run`, the last `result`.
 */
import type { NodePhase, PhaseChange } from "@umbel/canvas";
import { nodeId, type RunKey, readableId, type WireError } from "@umbel/core";
import type { ProgressView, ShownRun } from "./progress.ts";
import type { Board, Step } from "./step-board.ts";

/** The version of the events of `--events`. */
export const EVENTS_VERSION = 1;

/** Celery's states, and SKIPPED for what never runs because of another's end. */
const STATES: Readonly<Record<NodePhase, string | undefined>> = {
  waiting: undefined,
  queued: "PENDING",
  running: "STARTED",
  retrying: "RETRY",
  succeeded: "SUCCESS",
  failed: "FAILURE",
  revoked: "REVOKED",
  ignored: "IGNORED",
  skipped: "SKIPPED",
  // A callback for what did not happen was never to run.
  uncalled: undefined,
};

/** How a run ended, for programs. */
export type ResultEvent =
  | { readonly state: "SUCCESS"; readonly value: unknown }
  | { readonly state: "FAILURE"; readonly task: string | undefined; readonly error: WireError }
  | { readonly state: "REVOKED" }
  /** `--timeout` passed; the run was cancelled, or goes on elsewhere. */
  | { readonly state: "TIMEOUT" };

/** Prints events. */
export class EventsView implements ProgressView {
  readonly #print: (line: string) => void;
  #run: RunKey | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  begin({ runKey, title }: ShownRun): void {
    this.#run = runKey;
    this.#tell("run", { id: nodeId(runKey, 0), readableId: readableId(runKey), title });
  }

  show({ changes }: Board): void {
    for (const change of changes) this.#tellChange(change);
  }

  end(): void {
    // The result is the last event.
  }

  /** Prints the last event. */
  result(event: ResultEvent): void {
    this.#tell("result", event);
  }

  #tellChange({ index, to, at, dueAt, step }: PhaseChange & { readonly step: Step | undefined }): void {
    const state = STATES[to];
    if (state === undefined || this.#run === undefined) return;
    const name = step === undefined ? {} : { [step.row.name === "group" ? "group" : "task"]: step.row.name };
    this.#tell("task", {
      id: nodeId(this.#run, index),
      index,
      ...name,
      ...(step === undefined ? {} : { step: step.row.title }),
      state,
      at: new Date(at).toISOString(),
      ...(step?.row.stamps === undefined ? {} : { stamps: step.row.stamps }),
      ...(dueAt === undefined ? {} : { dueAt: new Date(dueAt).toISOString() }),
    });
  }

  #tell(type: string, fields: object): void {
    this.#print(JSON.stringify({ version: EVENTS_VERSION, type, ...fields }));
  }
}
