/**
 * `app.workerMain`: the command `flow worker` for an App that is there already. One rule: this is the library's one door to
 * `cli/`, opened when it is asked for, and what it listens to ends with the worker.
 */
import { type App, OptionError } from "@umbel/core";
import { Command, CommanderError } from "commander";
import { useBroker } from "./cli/broker-choice.ts";
import { type ServeOptions, serveApp } from "./cli/commands/serve-app.ts";
import { addWorkerOptions } from "./cli/commands/worker.ts";
import type { Notes } from "./cli/terminal.ts";
import { requireNoChild } from "./pool/role.ts";

/** How a worker that was started from code is told to stop. */
export interface WorkerMainOptions {
  /** Ends the worker as the first Ctrl-C does: it finishes what runs. */
  readonly signal?: AbortSignal;
}

/** The App, and the file that made it. */
interface MadeApp {
  readonly app: App;
  readonly file: string | undefined;
}

/** Serves an App until SIGINT, SIGTERM or the signal. @see App.workerMain */
export async function workerMain(
  { app, file }: MadeApp,
  argv: readonly string[],
  { signal }: WorkerMainOptions,
): Promise<void> {
  requireNoChild();
  const options = readArguments(argv);
  if (options === undefined) return;
  useBroker(options.broker);
  const stopping = new AbortController();
  let onSecond: (() => void) | undefined;
  const stop = (): void => {
    if (stopping.signal.aborted) onSecond?.();
    stopping.abort();
  };
  if (signal?.aborted === true) return;
  signal?.addEventListener("abort", stop, { once: true });
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  const takeTime = (onHurry: () => void): void => {
    onSecond = onHurry;
  };
  try {
    const context = { terminal: notes, signal: stopping.signal, debug: false, takeTime };
    await serveApp(context, { app, file, user: "app.workerMain" }, options);
  } catch (error) {
    // It was told to stop before it was ready.
    if (!stopping.signal.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, stop);
  }
}

/** What is told of a worker. */
const notes: Notes = {
  note: (text) => void process.stderr.write(`${text}\n`),
  warn: (text) => notes.note(`warning: ${text}`),
  error: (text) => notes.note(`error: ${text}`),
};

/** Reads the words of `flow worker`; undefined where help was asked for, and printed. @throws OptionError */
function readArguments(argv: readonly string[]): (ServeOptions & { readonly broker?: string }) | undefined {
  const [first, ...others] = argv;
  if (first !== undefined && first !== "worker" && !first.startsWith("-")) {
    throw new OptionError(`app.workerMain starts workers and nothing else; got "${first}"`);
  }
  let said = "";
  const command = addWorkerOptions(new Command("worker"))
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      writeErr: (text) => {
        said += text;
      },
    });
  try {
    command.parse(first === "worker" ? others : argv, { from: "user" });
    return command.opts();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new OptionError(`app.workerMain: ${said.trim().replace(/^error: /, "")}`);
  }
}
