/** `flow cancel`, `pause`, `continue` and `forget`. */
import type { CanvasEngine } from "@umbel/canvas";
import { RunNotEndedError } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { errorScreen, exitCodeOf } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";

/** What is done with runs. */
export type Change = "cancel" | "pause" | "continue" | "forget";

/** Does it with one after the other; one that cannot be changed does not keep the others. @throws OperationalError */
export async function changeRuns(
  context: CommandContext,
  change: Change,
  runs: readonly string[],
  options: BrokerOptions,
): Promise<ExitCode> {
  return await withEngine(context, options, async (engine) => {
    let exitCode: ExitCode = EXIT.done;
    for (const run of runs) {
      context.signal.throwIfAborted();
      try {
        context.terminal.note(await changeRun(engine, change, run));
      } catch (error) {
        context.terminal.error(errorScreen(error, { debug: context.debug }));
        exitCode = exitCodeOf(error);
      }
    }
    return exitCode;
  });
}

async function changeRun(engine: CanvasEngine, change: Change, run: string): Promise<string> {
  const before = await engine.runs.find(run);
  const { readableId } = before;
  if (change === "forget") {
    if (before.endedAt === undefined)
      throw new RunNotEndedError(
        `${readableId} goes on, so it cannot be forgotten; wait until it has ended, or cancel it: flow cancel ${readableId}`,
      );
    await engine.forget([before.resultId]);
    return `${readableId} is forgotten`;
  }
  if (before.endedAt !== undefined) return `${readableId} has ended already: ${before.state}`;
  const { state } = await engine.runs[change](before.id);
  switch (change) {
    case "cancel":
      return `${readableId} is cancelled; go on with it by: flow resume ${readableId}`;
    case "pause":
      return `${readableId} is paused: what runs goes on to its end; let it go on by: flow continue ${readableId}`;
    case "continue":
      return `${readableId} goes on (${state})`;
  }
}
