/** `flow call`: one call of a task. */
import { didYouMean, NotRegistered, parseSeconds } from "@umbel/core";
import { useBroker } from "../broker-choice.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { createDetachedEngine } from "../detached-engine.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { waitForEnd } from "../flow-run.ts";
import { keepProcess } from "../keep-process.ts";
import { loadNamedApp } from "../named-app.ts";
import { showEnd } from "../run-end.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow call`, as commander gives them. */
export interface CallOptions {
  readonly app?: string;
  readonly broker?: string;
  readonly kwargs?: string;
  readonly queue?: string;
  readonly countdown?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

/** Sends a call. @throws UsageError, OptionError, ModuleError, NotRegistered; TypeError for arguments that the task does not take */
export async function callTask(
  context: CommandContext,
  name: string,
  args: readonly string[],
  options: CallOptions,
): Promise<ExitCode> {
  const { terminal, directory, signal } = context;
  if (options.timeout !== undefined && options.wait !== true)
    throw new UsageError("`--timeout` is given without `--wait`; nothing is waited for");
  const kwargs = readKwargs(options.kwargs);
  const countdown = options.countdown === undefined ? undefined : parseSeconds(options.countdown, "--countdown");
  const timeoutMs = options.timeout === undefined ? undefined : parseSeconds(options.timeout, "--timeout") * 1000;
  useBroker(options.broker);
  terminal.captureOutput();
  const { app, file } = await loadNamedApp(options.app, directory);
  const task = app.tasks.get(name);
  if (task === undefined)
    throw new NotRegistered(
      `there is no task named "${name}"${didYouMean(name, app.tasks.keys())}; see them by: flow list`,
    );
  const values = args.map(readValue);
  try {
    task.bindArguments(values, kwargs);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const engine = createDetachedEngine(app, { tasks: app.tasks, modules: [file] });
  const send = async (): Promise<ExitCode> => {
    const { queue } = options;
    const sent = engine.submit({
      signature: { kind: "task", task: name, args: values, kwargs },
      args: [],
      kwargs: {},
      options: { ...(queue === undefined ? {} : { queue }), ...(countdown === undefined ? {} : { countdown }) },
    });
    await sent.stored;
    if (options.wait !== true) {
      terminal.result(sent.resultId);
      return EXIT.done;
    }
    const end = await waitForEnd(engine, sent.resultId, { signal, timeoutMs });
    return showEnd(end, context, { ...options, hasWorker: false, isKept: true, events: undefined });
  };
  return await keepProcess(() => send().finally(() => cleanUp(terminal, [() => engine.close(), () => app.close()])));
}

/** What is no JSON is text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readKwargs(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  const value = readValue(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw new UsageError(`--kwargs ${text}: must be an object in JSON, such as '{"n": 3}'`);
}
