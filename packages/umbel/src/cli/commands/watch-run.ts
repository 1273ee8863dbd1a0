/** `flow watch`: how a run goes, until it has ended. */
import { parseNodeId, parseSeconds } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { waitForEnd } from "../flow-run.ts";
import { chooseView, type ViewOptions } from "../live/choose-view.ts";
import { Progress } from "../live/progress.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";
import { showEnd } from "../run-end.ts";

/** The options of `flow watch`, as commander gives them. */
export interface WatchOptions extends BrokerOptions, ViewOptions {
  readonly timeout?: string;
  readonly raw?: boolean;
}

/** Shows a run and prints its result. @throws UnknownRunError, RunExpiredError, OptionError, OperationalError */
export async function watchRun(
  context: CommandContext,
  run: string | undefined,
  options: WatchOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const timeoutMs = options.timeout === undefined ? undefined : parseSeconds(options.timeout, "--timeout") * 1000;
  const { view, events } = await chooseView(options, terminal);
  return await withEngine(context, options, async (engine) => {
    const { id, resultId, readableId, name, flow, endedAt } = await findMeant(engine, run, terminal);
    const progress = view === undefined ? undefined : new Progress(view, name ?? flow ?? "", { endedAt });
    const { runKey } = parseNodeId(id) ?? {};
    try {
      if (runKey !== undefined) progress?.start(await engine.runtime(), runKey);
      const end = await waitForEnd(engine, resultId, { signal, timeoutMs });
      await progress?.finish();
      return showEnd(end, context, { ...options, hasWorker: false, isKept: true, events });
    } catch (error) {
      if (signal.aborted) {
        await progress?.finish({ lastLook: false });
        terminal.note(`it goes on; see it again by: flow watch ${readableId}`);
        return EXIT.interrupted;
      }
      throw error;
    } finally {
      await progress?.finish({ lastLook: false });
    }
  });
}
