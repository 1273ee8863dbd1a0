/** `flow result`: the result of a run or of a task. */
import { parseNodeId, parseSeconds } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { waitForEnd } from "../flow-run.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";
import { showEnd } from "../run-end.ts";

/** The options of `flow result`, as commander gives them. */
export interface ResultOptions extends BrokerOptions {
  readonly timeout?: string;
  readonly wait: boolean;
  readonly raw?: boolean;
}

/** Prints a result. The id of a task means that task, whatever else the text leads to its run. @throws UnknownRunError, RunExpiredError */
export async function showResult(
  context: CommandContext,
  run: string | undefined,
  options: ResultOptions,
): Promise<ExitCode> {
  const timeoutMs = options.timeout === undefined ? undefined : parseSeconds(options.timeout, "--timeout") * 1000;
  return await withEngine(context, options, async (engine) => {
    const info = await findMeant(engine, run, context.terminal);
    const id = run === undefined || parseNodeId(run) === undefined ? info.resultId : run;
    if (!options.wait && (await engine.states([id]))[0] === "PENDING") {
      context.terminal.error(
        `${run ?? info.readableId} has no result yet; wait for it without \`--no-wait\`, or see it by: flow watch ${info.readableId}`,
      );
      return EXIT.timeout;
    }
    const end = await waitForEnd(engine, id, { signal: context.signal, timeoutMs });
    return showEnd(end, context, { ...options, hasWorker: false, isKept: true, events: undefined });
  });
}
