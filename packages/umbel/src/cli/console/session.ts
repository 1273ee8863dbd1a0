/**
 * What a console knows: its tasks, what was defined, and the last result as `it`. One rule: an entry that is wrong changes
 * nothing.
 */
import { join } from "node:path";
import { type AnyTask, type App, isBuiltIn, type SignatureData, valueText } from "@umbel/core";
import {
  type Completion,
  compileEntry,
  complete,
  type Diagnostic,
  describeEntry,
  type EntryMeaning,
  type EntryOptions,
  entryNames,
  goesOn,
} from "@umbel/dsl";
import type { FlowSource } from "../../load/flow-source.ts";
import { type FlowTasks, loadFlowTasks } from "../../load/flow-tasks.ts";

/** Which tasks a console knows. */
export interface SessionOptions {
  /** As after `-A`; absent where no module was found. */
  readonly appSpec: string | undefined;
  /** What `appSpec` is relative to. */
  readonly appDirectory: string;
  /** What imports are relative to. */
  readonly directory: string;
  readonly allowOutside?: boolean;
}

/** What an entry came to. */
export interface Entered {
  readonly meaning: EntryMeaning | undefined;
  /** The names that it defines. */
  readonly defined: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** For showing the diagnostics. */
  readonly source: FlowSource;
  readonly tasks: FlowTasks;
}

const FILE = "console";
const EARLIER = "earlier";
/** The name of the last result. */
const RESULT = "it";
/** A longer text is not compiled again with each entry, characters. */
const LONGEST_RESULT = 100_000;

/** Compiles entries, one after the other. */
export class Session {
  readonly #options: SessionOptions;
  /** Texts by the names that they define. */
  readonly #definitions = new Map<string, string>();
  #tasks: FlowTasks;
  /** The types of the tasks were asked for; the compiler takes seconds, so not before. */
  #readsTypes = false;

  private constructor(options: SessionOptions, tasks: FlowTasks) {
    this.#options = options;
    this.#tasks = tasks;
  }

  /** Loads the tasks that are known from the beginning. @throws ModuleError */
  static async open(options: SessionOptions): Promise<Session> {
    return new Session(options, await load(options, "", false));
  }

  get tasks(): ReadonlyMap<string, AnyTask> {
    return this.#tasks.tasks;
  }

  /** The tasks without those that every App has. */
  get ownTasks(): readonly AnyTask[] {
    return [...this.tasks.values()].filter(({ name }) => !isBuiltIn(name));
  }

  get app(): App | undefined {
    return this.#tasks.app;
  }

  get modules(): readonly string[] {
    return this.#tasks.modules;
  }

  /** The definitions with their texts. */
  get definitions(): ReadonlyMap<string, string> {
    return this.#definitions;
  }

  /** Compiles an entry, and keeps what it defines. */
  async enter(text: string): Promise<Entered> {
    const { before, own, options, tasks } = await this.#prepare(text);
    const { meaning, definitions, diagnostics } = compileEntry(own, { ...options, before });
    if (!hasErrors(diagnostics)) {
      this.#tasks = tasks;
      for (const definition of definitions) {
        this.#definitions.delete(definition.name);
        this.#definitions.set(definition.name, definition.text);
      }
    }
    const defined = definitions.map(({ name }) => name);
    return { meaning, defined, diagnostics, ...this.#shown(text, before, tasks) };
  }

  /** Tells what an expression is. */
  async describe(text: string): Promise<Entered & { readonly description: string | undefined }> {
    if (!this.#readsTypes) {
      this.#readsTypes = true;
      this.#tasks = await load(this.#options, [...this.#definitions.values()].join("\n"), true);
    }
    const { before, own, options, tasks } = await this.#prepare(text);
    const { description, diagnostics } = describeEntry(own, { ...options, before });
    return { description, meaning: undefined, defined: [], diagnostics, ...this.#shown(text, before, tasks) };
  }

  /** Gives the workflow of an expression, which is not run. */
  async workflowOf(text: string): Promise<Entered & { readonly signature: SignatureData | undefined }> {
    const { before, own, options, tasks } = await this.#prepare(text);
    const { meaning, diagnostics } = compileEntry(own, { ...options, before });
    const signature = meaning?.kind === "workflow" ? meaning.signature : undefined;
    return { signature, meaning, defined: [], diagnostics, ...this.#shown(text, before, tasks) };
  }

  /** Lets the last result be called `it`. False when it is too long for that. */
  keepResult(value: unknown): boolean {
    const text = valueText(value);
    this.#definitions.delete(RESULT);
    if (text.length > LONGEST_RESULT) return false;
    this.#definitions.set(RESULT, `let ${RESULT} = ${text}`);
    return true;
  }

  /** Completes the end of a text. */
  complete(text: string): Completion {
    return complete(text, { tasks: this.ownTasks, names: namesOf(this.#definitions.keys()) });
  }

  async #prepare(text: string): Promise<{
    readonly before: string;
    readonly own: string;
    readonly options: Omit<EntryOptions, "before">;
    readonly tasks: FlowTasks;
  }> {
    const again = new Set(entryNames(text));
    const kept = [...this.#definitions].flatMap(([name, definition]) => (again.has(name) ? [] : [definition]));
    const isNumber = /^\s*-\s*[\d(]/.test(text);
    const isContinued = !isNumber && goesOn(text) && this.#definitions.has(RESULT);
    // A line break ends no statement where the next line begins with an operator.
    const lead = isNumber ? ["("] : isContinued ? [RESULT] : [];
    const before = [...kept, ...lead].map((line) => `${line}\n`).join("");
    const own = isNumber ? `${text}\n)` : text;
    const tasks = /^\s*import\b/m.test(text)
      ? await load(this.#options, `${before}${own}`, this.#readsTypes)
      : this.#tasks;
    return { before, own, options: { file: FILE, beforeName: EARLIER, resolver: tasks.resolver }, tasks };
  }

  #shown(text: string, before: string, tasks: FlowTasks): Pick<Entered, "source" | "tasks"> {
    return {
      source: sourceOf(this.#options, text),
      tasks: { ...tasks, sources: { ...tasks.sources, [FILE]: text, [EARLIER]: before } },
    };
  }
}

function load(options: SessionOptions, text: string, mayCompile: boolean): Promise<FlowTasks> {
  const { appSpec, appDirectory, allowOutside = false } = options;
  return loadFlowTasks(sourceOf(options, text), appSpec, appDirectory, { allowOutside, mayCompile });
}

function sourceOf({ directory }: SessionOptions, text: string): FlowSource {
  return { name: FILE, path: join(directory, FILE), text };
}

/** The names that can be written; an import without an alias has none. */
function namesOf(definitions: Iterable<string>): readonly string[] {
  return [...definitions].filter((name) => !name.startsWith("import "));
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
