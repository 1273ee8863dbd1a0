/** How a run ended, told to people and scripts. */
import type { CommandContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { failureScreen } from "./failure-screen.ts";
import type { RunEnd } from "./flow-run.ts";
import type { EventsView } from "./live/events-view.ts";

/** What a command line says of how to tell it. */
export interface EndOptions {
  readonly raw?: boolean;
  readonly timeout?: string;
  /** The tasks run in this process. */
  readonly hasWorker: boolean;
  readonly isKept: boolean;
  /** Gets the result instead of standard output. */
  readonly events: EventsView | undefined;
}

/** Prints how a run ended and gives the exit code for that. */
export function showEnd(end: RunEnd, { terminal, debug }: CommandContext, options: EndOptions): ExitCode {
  const { raw, timeout, hasWorker, isKept, events } = options;
  switch (end.kind) {
    case "succeeded":
      if (events !== undefined) events.result({ state: "SUCCESS", value: end.value });
      else terminal.result(raw === true && typeof end.value === "string" ? end.value : JSON.stringify(end.value));
      return EXIT.done;
    case "failed":
      events?.result({ state: "FAILURE", task: end.report?.task, error: end.error });
      terminal.error(failureScreen(end.report, end.error, { debug, isKept }));
      return EXIT.failed;
    case "revoked":
      events?.result({ state: "REVOKED" });
      terminal.error(`the workflow was cancelled${isKept ? `; go on with it by: flow resume ${end.readableId}` : ""}`);
      return EXIT.cancelled;
    case "late":
      events?.result({ state: "TIMEOUT" });
      terminal.error(
        `the workflow was not done after ${timeout} (--timeout)${afterTimeout(end.readableId, hasWorker, isKept)}`,
      );
      return EXIT.timeout;
  }
}

function afterTimeout(run: string, hasWorker: boolean, isKept: boolean): string {
  if (!hasWorker) return `; it goes on; see it by: flow watch ${run}`;
  return isKept ? `, and is cancelled; go on with it by: flow resume ${run}` : ", and is given up";
}
