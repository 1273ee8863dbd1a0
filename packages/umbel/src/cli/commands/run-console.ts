/** `flow console`: entries of flow text, each compiled and run when it is whole. */
import { exportGraph } from "@umbel/canvas";
import {
  type AnyTask,
  type App,
  bindSignature,
  didYouMean,
  formatParameters,
  parseNodeId,
  type SignatureData,
} from "@umbel/core";
import { App as UmbelApp } from "../../app.ts";
import { findBroker, placesOf } from "../../broker/lookup.ts";
import { findDefaultModule } from "../../load/default-module.ts";
import { showFile } from "../../load/import-module.ts";
import { fallBackToMemory, useBroker } from "../broker-choice.ts";
import { ConsoleWorker } from "../console/console-worker.ts";
import { EntryReader, type Typing } from "../console/entry-reader.ts";
import { historyFile } from "../console/history.ts";
import { type Entered, Session } from "../console/session.ts";
import type { CommandContext } from "../context.ts";
import { exitCodeOfErrors, hasErrors, showDiagnostics } from "../diagnostics-screen.ts";
import { errorScreen, exitCodeOf } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { keepProcess } from "../keep-process.ts";
import { LiveView } from "../live/live-view.ts";
import { Progress } from "../live/progress.ts";
import { showEnd } from "../run-end.ts";
import { table } from "../table.ts";
import { readVersion } from "../version.ts";

/** The options of `flow console`, as commander gives them. */
export interface ConsoleOptions {
  readonly app?: string;
  readonly broker?: string;
  readonly concurrency?: number;
  readonly allowOutside?: boolean;
  readonly history: boolean;
}

/** A run that takes longer is shown as it goes, milliseconds. */
const SHOWN_AFTER_MS = 500;

/** Reads and runs entries until there are no more. @throws ModuleError; OptionError for a broker that is none */
export async function runConsole(
  context: CommandContext,
  options: ConsoleOptions,
  typing: Typing = { input: process.stdin, output: process.stderr, isTerminal: isTerminal() },
): Promise<ExitCode> {
  const { terminal, directory, signal } = context;
  useBroker(options.broker);
  // From here on code of the user's runs.
  terminal.captureOutput();
  const module = options.app === undefined ? await findDefaultModule(directory) : undefined;
  const session = await Session.open({
    appSpec: module?.kind === "found" ? module.spec : options.app,
    appDirectory: module?.kind === "found" ? module.directory : directory,
    directory,
    ...(options.allowOutside === true && { allowOutside: true }),
  });
  signal.throwIfAborted();
  const console = new Console(context, options, session, typing);
  return await keepProcess(() => console.run().finally(() => console.close()));
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true && process.env.TERM !== "dumb";
}

/** A command of the console: what it does with the text behind it. */
interface ConsoleCommand {
  readonly help: string;
  readonly run: (text: string) => Promise<void> | void;
}

class Console {
  readonly #context: CommandContext;
  readonly #options: ConsoleOptions;
  readonly #session: Session;
  readonly #typing: Typing;
  readonly #reader: EntryReader;
  readonly #app: App;
  /** All that was ever loaded. */
  readonly #tasks = new Map<string, AnyTask>();
  readonly #modules: string[] = [];
  readonly #commands: ReadonlyMap<string, ConsoleCommand>;
  #worker: ConsoleWorker | undefined;
  /** Of the entry that is worked on. */
  #working: AbortController | undefined;
  #lastWorkflow: SignatureData | undefined;
  #hasQuit = false;
  #exitCode: ExitCode = EXIT.done;

  constructor(context: CommandContext, options: ConsoleOptions, session: Session, typing: Typing) {
    this.#context = context;
    this.#options = options;
    this.#session = session;
    this.#typing = typing;
    this.#app = session.app ?? new UmbelApp();
    this.#commands = new Map<string, ConsoleCommand>([
      [
        ":type",
        {
          help: "EXPR  what it is: a task's parameters, what a workflow takes and gives",
          run: (text) => this.#type(text),
        },
      ],
      [":graph", { help: "[EXPR]  draw a workflow, or the last one; it is not run", run: (text) => this.#graph(text) }],
      [":tasks", { help: "the tasks that are known", run: () => this.#listTasks() }],
      [":names", { help: "what was defined here, and `it`, the last result", run: () => this.#listNames() }],
      [":help", { help: "this", run: () => this.#help() }],
      [":quit", { help: "end it, as Ctrl-D does", run: () => this.#quit() }],
    ]);
    this.#reader = new EntryReader(typing, {
      historyFile: options.history && typing.isTerminal ? historyFile(context.environment) : undefined,
      complete: (text) => this.#complete(text),
      onInterrupt: () => this.#interrupt(),
    });
  }

  async run(): Promise<ExitCode> {
    const { signal } = this.#context;
    const stop = () => this.#reader.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (this.#typing.isTerminal) this.#greet();
      for (;;) {
        const text = await this.#reader.next();
        if (signal.aborted) return EXIT.interrupted;
        if (text === undefined || this.#hasQuit) return this.#exitCode;
        await this.#enter(text);
        if (this.#hasQuit) return this.#exitCode;
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async close(): Promise<void> {
    this.#reader.close();
    if (this.#worker === undefined) await this.#app.close();
    else await this.#worker.close();
  }

  async #enter(text: string): Promise<void> {
    const working = new AbortController();
    this.#working = working;
    try {
      if (text.trimStart().startsWith(":")) await this.#command(text.trim());
      else await this.#evaluate(text, AbortSignal.any([working.signal, this.#context.signal]));
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      if (working.signal.aborted) {
        this.#context.terminal.note("cancelled");
        return;
      }
      this.#context.terminal.error(errorScreen(error, { debug: this.#context.debug }));
      this.#fail(exitCodeOf(error));
    } finally {
      this.#working = undefined;
    }
  }

  async #evaluate(text: string, signal: AbortSignal): Promise<void> {
    const entered = await this.#session.enter(text);
    if (!this.#isRight(entered)) return;
    const { meaning } = entered;
    if (meaning === undefined) return;
    if (meaning.kind === "value") {
      this.#print(meaning.value);
      return;
    }
    this.#lastWorkflow = meaning.signature;
    await this.#runWorkflow(meaning.signature, signal);
  }

  async #runWorkflow(signature: SignatureData, signal: AbortSignal): Promise<void> {
    for (const [name, task] of this.#session.tasks) this.#tasks.set(name, task);
    for (const module of this.#session.modules) if (!this.#modules.includes(module)) this.#modules.push(module);
    this.#worker ??= new ConsoleWorker({
      app: this.#app,
      tasks: this.#tasks,
      modules: this.#modules,
      context: this.#context,
      concurrency: this.#options.concurrency,
      isKept: () => this.#isKept,
      onNoServer: fallBackToMemory(this.#app, this.#context.terminal),
    });
    let progress: Progress | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      const end = await this.#worker.run(signature, signal, (runtime, id) => {
        const place = parseNodeId(id);
        if (place === undefined || !this.#typing.isTerminal || !this.#context.terminal.isLive) return;
        timer = setTimeout(() => {
          progress = new Progress(new LiveView(this.#context.terminal), "");
          progress.start(runtime, place.runKey);
        }, SHOWN_AFTER_MS);
      });
      clearTimeout(timer);
      await progress?.finish();
      if (end.kind === "succeeded") this.#print(end.value);
      else {
        const options = { hasWorker: true, isKept: this.#isKept, events: undefined };
        this.#fail(showEnd(end, this.#context, options));
      }
    } finally {
      clearTimeout(timer);
      await progress?.finish({ lastLook: false });
    }
  }

  /** Prints a value and lets it be called `it`. */
  #print(value: unknown): void {
    const text = JSON.stringify(value ?? null);
    const isLong = this.#typing.isTerminal && text.length > (this.#typing.output.columns || 80);
    this.#context.terminal.result(isLong ? JSON.stringify(value, undefined, 2) : text);
    if (!this.#session.keepResult(value ?? null) && this.#typing.isTerminal)
      this.#context.terminal.note("(too long to be called `it`)");
  }

  async #command(line: string): Promise<void> {
    const [name = ""] = line.split(/\s/, 1);
    const command = this.#commands.get(name);
    if (command !== undefined) {
      await command.run(line.slice(name.length).trim());
      return;
    }
    const guess = didYouMean(name, this.#commands.keys());
    this.#context.terminal.error(
      `there is no command ${name}${guess === "" ? "; :help tells which there are" : guess}`,
    );
    this.#fail(EXIT.usage);
  }

  async #type(text: string): Promise<void> {
    if (!this.#isGiven(":type", text)) return;
    const described = await this.#session.describe(text);
    if (this.#isRight(described) && described.description !== undefined)
      this.#context.terminal.result(described.description.replace(/(?<=^defined at ).*$/m, showPlace));
  }

  async #graph(text: string): Promise<void> {
    let signature = this.#lastWorkflow;
    if (text !== "") {
      const found = await this.#session.workflowOf(text);
      if (!this.#isRight(found)) return;
      signature = found.signature;
    }
    if (signature === undefined) {
      this.#context.terminal.error(
        text === "" ? "no workflow was run yet; draw one by `:graph EXPR`" : "this is a value, which has no graph",
      );
      this.#fail(EXIT.usage);
      return;
    }
    this.#context.terminal.result(
      exportGraph(bindSignature(signature, this.#session.app), { format: "tree" }).trimEnd(),
    );
  }

  #listTasks(): void {
    const rows = this.#session.ownTasks.map(({ name, parameters, definedAt = "" }) => {
      return [`${name}${formatParameters(parameters)}`, showPlace(definedAt)];
    });
    this.#context.terminal.result(rows.length === 0 ? "none; `import` a module of tasks" : table(rows));
  }

  #listNames(): void {
    const texts = [...this.#session.definitions.values()];
    this.#context.terminal.result(texts.length === 0 ? "nothing yet" : texts.join("\n"));
  }

  #help(): void {
    const rows = [...this.#commands].map(([name, { help }]) => `  ${name.padEnd(8)}${help}`);
    this.#context.terminal.result(
      [
        "A workflow runs, as in `add(4, 4) | mul(8)`; a value is printed; `let`, `def` and `import` are kept.",
        "`it` is the last result; a line that begins with `|` goes on with it. An open bracket asks for more lines.",
        "Tab completes. Ctrl-C cancels what runs, or what is being typed.",
        "",
        ...rows,
      ].join("\n"),
    );
  }

  #quit(): void {
    this.#hasQuit = true;
  }

  #greet(): void {
    const names = this.#session.ownTasks.map(({ name }) => name);
    const shown = names.slice(0, 5).join(", ");
    const tasks =
      names.length === 0
        ? "no tasks yet: import a module of them"
        : `tasks: ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
    this.#context.terminal.note(`umbel ${readVersion()}; ${tasks}\n:help tells what can be typed, Ctrl-D ends it`);
  }

  #complete(text: string): { readonly word: string; readonly candidates: readonly string[] } {
    const [, command, rest] = /^\s*(:\w*)(?:(\s[\s\S]*))?$/.exec(text) ?? [];
    if (command === undefined) return this.#session.complete(text);
    if (rest !== undefined) return this.#session.complete(rest);
    return { word: command, candidates: [...this.#commands.keys()].filter((name) => name.startsWith(command)) };
  }

  #interrupt(): boolean {
    this.#working?.abort();
    return this.#working !== undefined;
  }

  get #isKept(): boolean {
    return findBroker({ environment: process.env, ...placesOf(this.#app) }).broker.kind !== "memory";
  }

  #isGiven(command: string, text: string): boolean {
    if (text !== "") return true;
    this.#context.terminal.error(`${command} wants an expression, such as \`${command} add(4, 4)\``);
    this.#fail(EXIT.usage);
    return false;
  }

  /** Tells what is wrong with an entry, and whether it can be used. */
  #isRight({ diagnostics, source, tasks }: Entered): boolean {
    showDiagnostics(this.#context.terminal, diagnostics, source, tasks);
    if (!hasErrors(diagnostics)) return true;
    this.#fail(exitCodeOfErrors(diagnostics));
    return false;
  }

  /** Whoever types sees what failed; a program wants it told. */
  #fail(exitCode: ExitCode): void {
    if (!this.#typing.isTerminal && this.#exitCode === EXIT.done) this.#exitCode = exitCode;
  }
}

/** A place as people write it. */
function showPlace(place: string): string {
  const [, file = place, line = ""] = /^(.*?)(:\d+)(?::\d+)?$/.exec(place) ?? [];
  return `${showFile(file)}${line}`;
}
