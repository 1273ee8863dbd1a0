/** `flow purge`: cancels all that goes on. */
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";

/** The options of `flow purge`, as commander gives them. */
export interface PurgeOptions extends BrokerOptions {
  readonly yes?: boolean;
}

/** Cancels runs that have not ended, or tells how many there are. @throws OperationalError */
export async function purgeRuns(context: CommandContext, options: PurgeOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  return await withEngine(context, options, async (_, app) => {
    let count = 0;
    for await (const { id } of app.runs.all({ state: ["STARTED", "PAUSED", "ABANDONED"] })) {
      signal.throwIfAborted();
      count += 1;
      if (options.yes === true) await app.runs.cancel(id);
    }
    const runs = `${count} ${count === 1 ? "run" : "runs"}`;
    terminal.note(
      options.yes === true || count === 0
        ? `${runs} cancelled`
        : `${runs} would be cancelled; do it by: flow purge --yes`,
    );
    return EXIT.done;
  });
}
