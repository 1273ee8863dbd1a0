/**
 * The application: a registry of tasks and the engine that runs them. One rule: making an App or a task opens no
 * socket and starts no timer; the engine is made when something is first sent or read.
 */
import { builtInTasks, isBuiltIn } from "./built-in-tasks.ts";
import { type CallSite, callSite } from "./call-site.ts";
import { type Conf, ConfLayers, didYouMeanSetting, type SettingValues } from "./conf.ts";
import { configurationOf } from "./configuration.ts";
import { Control } from "./control.ts";
import { noteApp, setCurrentApp } from "./current-app.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Engine } from "./engine.ts";
import { AlreadyRegistered, ImproperlyConfigured, NotRegistered, OptionError } from "./errors.ts";
import { type CallOptions, normalizeOptions } from "./options.ts";
import type { AnyFunction } from "./parameters.ts";
import { Producer, type ProducerOptions } from "./producer.ts";
import { AsyncResult, assembleGroup, GroupResult } from "./result.ts";
import { resultFromTuple } from "./result-tuple.ts";
import { Runs } from "./runs.ts";
import type { Schema, SchemaInput, SchemaOutput } from "./schema.ts";
import { type Settings, settingNames } from "./settings.ts";
import { noteShared, type SharedDefinition, type SharedTaskTaker, takeSharedTasks } from "./shared-task.ts";
import { parseSignature } from "./signature/json.ts";
import { bindSignature } from "./signature/signature.ts";
import type { Signature } from "./signature/types.ts";
import { didYouMean } from "./suggest.ts";
import { type AnyTask, Task as BaseTask, createTask, type Task, taskData } from "./task.ts";
import type { TaskBase, TaskClass } from "./task-class.ts";
import type { BoundTask } from "./task-context.ts";
import { type ReadDefinition, readDefinition, requireName } from "./task-definition.ts";
import type { TaskOptions } from "./task-options.ts";

/** What may be said of an App when it is made: where it is, and any of its settings. */
export interface AppOptions extends Partial<Settings> {
  /**
   * The broker's URL: `redis://…`, `unix://…`, `embedded:`; the setting `brokerUrl`, looked up as the guide says when it is
   * left out.
   */
  broker?: string;
  /** `"disabled"`, or the broker's URL again; the setting `resultBackend`. */
  backend?: string;
  /** A connection that leads to the broker, for engines that take one. */
  connection?: object;
  /** The queue of tasks and calls that name none; the setting `taskDefaultQueue`. */
  defaultQueue?: string;
  /** Whether it becomes the current App; true unless said. */
  setAsCurrent?: boolean;
}

/** What was imported: exports of a module, or the one that was named. */
export interface ImportedNamed {
  readonly exports: object;
  /** For messages. */
  readonly file: string;
}

/** Makes the engine of an app; `umbel` gives one that reads the broker's URL. */
export type EngineFactory = (app: App) => Engine;

// biome-ignore lint/suspicious/noExplicitAny: JSON and names say nothing of parameters, so such a signature fits everywhere
type UntypedSignature<Result> = Signature<any, Result>;

/** Whether names of parameters hold one of the marks `*`, `*args`, `**kwargs`. */
type IsStarred<Names extends readonly string[]> = Extract<Names[number], `*${string}`> extends never ? false : true;

// biome-ignore lint/suspicious/noExplicitAny: such a call fits everywhere
type AnyCall = any[];

/** The values of results, in order. */
type ValuesOf<Members extends readonly AsyncResult[]> = {
  -readonly [K in keyof Members]: Members[K] extends AsyncResult<infer Result> ? Result : never;
};

/** What a call takes; with `*` marks its shape is not the function's, and is only checked at run time. */
type CallParameters<P extends readonly unknown[], Names extends readonly string[]> =
  IsStarred<Names> extends true ? AnyCall : P;

/** The parameters that names and a schema's object say: the entry of each name, in order. */
type EntriesOf<Names extends readonly string[], Values> = {
  -readonly [K in keyof Names]: Names[K] extends keyof Values ? Values[Names[K]] : unknown;
};

/** A registry of tasks, and the way to run them. */
export class App implements SharedTaskTaker {
  /** The app's name; what `new App(name)` said. */
  readonly main: string | undefined;
  readonly options: Readonly<AppOptions>;
  /** Where it was made, as `file:line:column`, if that is known. */
  readonly madeAt: string | undefined;
  readonly #layers: ConfLayers;
  /** What can be done with tasks by their ids. */
  readonly control = new Control(() => this.engine);
  /** The runs of its broker, and what can be done with them. */
  readonly runs = new Runs(() => this.engine);
  /** The class of tasks that name none; for those that are defined from now on. */
  Task: TaskClass = BaseTask;
  /** The calls that tasks rejected. */
  readonly deadLetters = new DeadLetters(this);
  readonly #tasks = new Map<string, AnyTask>();
  #isFinalized = false;
  readonly #makeEngine: EngineFactory | undefined;
  readonly #makeEagerEngine: EngineFactory | undefined;
  #engine: Engine | undefined;

  /** @param makeEagerEngine makes engines whose runs are stored when they have ended, in this process */
  constructor(main?: string, options: AppOptions = {}, makeEngine?: EngineFactory, makeEagerEngine?: EngineFactory) {
    const place = callSite(new.target).place();
    this.main = main;
    this.options = options;
    this.madeAt = place;
    this.#layers = new ConfLayers(settingsIn(options, place), place);
    this.#makeEngine = makeEngine;
    this.#makeEagerEngine = makeEagerEngine;
    if (options.setAsCurrent !== false) setCurrentApp(this);
    noteApp(this);
    this.onInit();
  }

  /** Called when it is made; does nothing. Meant to be overridden, before fields of the subclass are set. */
  protected onInit(): void {}

  /** The settings; what the engine needs of them is read when something is first sent. */
  get conf(): Conf {
    return this.#layers.conf;
  }

  /** Grows with each change of the settings. */
  get confRevision(): number {
    return this.#layers.revision;
  }

  /**
   * Takes the configuration from an object: an instance, a class with static fields, or a module that was imported. What
   * was configured or changed before is forgotten, as in Celery; what `new App` was given stays, and comes first.
   * @throws OptionError for an unknown setting or a wrong value
   */
  configFromObject(source: object): void;
  /**
   * The same from a module by its path, relative to the module of the caller: its default export, or else all its exports;
   * after a colon, the export that is meant. Await it before anything is sent.
   * @throws OptionError, saying the module; what importing it throws
   */
  configFromObject(path: string): Promise<void>;
  configFromObject(source: object | string): void | Promise<void> {
    const site = callSite(this.configFromObject);
    if (typeof source !== "string") return this.#layers.configure(configurationOf(source), site.place());
    return this.#configure(source, site.file());
  }

  /**
   * Takes the configuration from the module that an environment variable names, relative to the current folder.
   * @throws ImproperlyConfigured when the variable is not set, unless `silent`; then nothing happens, and it gives false
   */
  async configFromEnvvar(variable: string, { silent = false }: { readonly silent?: boolean } = {}): Promise<boolean> {
    const path = process.env[variable]?.trim() ?? "";
    if (path !== "") {
      await this.#configure(path, undefined);
      return true;
    }
    if (silent) return false;
    throw new ImproperlyConfigured(
      `the environment variable ${variable} is not set; let it name a module, such as ${variable}=./config.ts`,
    );
  }

  /** Adds defaults, which come before ours and behind all else. @throws OptionError for an unknown setting or a wrong value */
  addDefaults(defaults: Partial<Settings>): void {
    this.#layers.addDefaults(defaults, callSite(this.addDefaults).place());
  }

  async #configure(path: string, from: string | undefined): Promise<void> {
    const { exports, file } = await this.importNamed(path, from);
    this.#layers.configure(configurationOf(exports), file);
  }

  /**
   * Imports a module by its path, or one of its exports: `./config.ts:Production`; `umbel` gives an App that can.
   * @param from the file of the module that asks; undefined for the current folder
   */
  importNamed(path: string, from: string | undefined): Promise<ImportedNamed> {
    throw new ImproperlyConfigured(
      `this App cannot import "${path}"${from === undefined ? "" : ` for ${from}`}; import App from \`umbel\`, or give what it exports`,
    );
  }

  /** All tasks by name, shared and built-in ones (`umbel.chain` …) included; asking for them finalizes the App. */
  get tasks(): ReadonlyMap<string, AnyTask> {
    this.finalize();
    return this.#tasks;
  }

  /** Takes the built-in tasks and the shared ones of this process, those to come included. Safe to repeat; it opens nothing. */
  finalize(): void {
    if (this.#isFinalized) return;
    this.#isFinalized = true;
    for (const { site, ...definition } of builtInTasks) this.#register(definition, site, new BaseTask());
    takeSharedTasks(this);
  }

  /** The names of the tasks that somebody has defined. */
  get #ownNames(): readonly string[] {
    return [...this.#tasks.keys()].filter((name) => !isBuiltIn(name));
  }

  /** @internal */
  takeShared(definition: SharedDefinition): AnyTask {
    const name = definition.options.name ?? this.genTaskName(requireName(definition.ownName), definition.site.module());
    const existing = this.#tasks.get(name);
    // A module that is loaded anew defines again what it has defined.
    const isSame = existing !== undefined && existing.definedAt === definition.site.place();
    const task = isSame ? existing : this.#define(definition, definition.site);
    noteShared(this, definition, task);
    return task;
  }

  /** The engine; made when first asked for. @throws ImproperlyConfigured for an App without one */
  get engine(): Engine {
    if (this.#engine === undefined) {
      if (this.#makeEngine === undefined) {
        throw new ImproperlyConfigured("this App has no engine; import App from `umbel`, or give the constructor one");
      }
      this.#engine = this.#makeEngine(this);
    }
    return this.#engine;
  }

  /** Makes the engine of one eager run. @throws ImproperlyConfigured for an App without such engines */
  eagerEngine(): Engine {
    if (this.#makeEagerEngine === undefined) {
      throw new ImproperlyConfigured("this App cannot run tasks eagerly; import App from `umbel`");
    }
    return this.#makeEagerEngine(this);
  }

  /**
   * Defines a task. Its function may be asynchronous; what it returns must be plain data. With `schema`, arguments are what
   * the schema takes, and the function gets what the schema makes of them.
   * @throws AlreadyRegistered for a second task of the same name, naming both places
   */
  task<
    const Names extends readonly string[],
    S extends Schema<unknown, unknown>,
    R,
    Checked extends Schema<unknown, unknown> = Schema<unknown, R>,
  >(
    options: TaskOptions & { params: Names; schema: S; result?: Checked; bind?: false },
    fn: (...args: EntriesOf<Names, SchemaOutput<S>>) => R,
  ): Task<EntriesOf<Names, SchemaInput<S>>, SchemaOutput<Checked>>;
  task<Base extends TaskBase, P extends readonly unknown[], R, const Names extends readonly string[] = readonly []>(
    options: TaskOptions & { bind: true; base: TaskClass<Base>; params?: Names },
    fn: (this: Base, self: Base, ...args: [...P]) => R,
  ): Task<CallParameters<P, Names>, R>;
  task<P extends readonly unknown[], R, const Names extends readonly string[] = readonly []>(
    options: TaskOptions & { bind: true; params?: Names },
    fn: (this: BoundTask, self: BoundTask, ...args: [...P]) => R,
  ): Task<CallParameters<P, Names>, R>;
  task<P extends readonly unknown[], R, const Names extends readonly string[] = readonly []>(
    nameOrOptions: string | (TaskOptions & { params?: Names }),
    fn: (...args: P) => R,
  ): Task<CallParameters<P, Names>, R>;
  task<P extends readonly unknown[], R>(fn: (...args: P) => R): Task<P, R>;
  task(first: string | TaskOptions | AnyFunction, second?: AnyFunction): AnyTask {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- the overloads say what this task takes and gives
    return this.#define(readDefinition(first, second, "app.task"), callSite(this.task));
  }

  /**
   * Registers a class of tasks: its `run` is the body. It is made once, now.
   * @param options what its fields do not say; its name, unless said, is the module's and the class's
   * @throws AlreadyRegistered as `task` does
   */
  registerTask<Base extends TaskBase>(
    base: TaskClass<Base>,
    options: TaskOptions = {},
  ): Task<Parameters<Base["run"]>, ReturnType<Base["run"]>> & Omit<Base, keyof TaskBase> {
    if (typeof base !== "function" || !(base.prototype instanceof BaseTask)) {
      throw new ImproperlyConfigured(
        "app.registerTask needs a class that extends Task: `class Add extends Task { … }`",
      );
    }
    const run = Reflect.get(base.prototype, "run") as AnyFunction;
    const object = new base();
    const ownName = options.name ?? object.name;
    const named = ownName === "" ? options : { ...options, name: ownName };
    const definition = { fn: run, options: named, ownName: base.name };
    return this.#define(definition, callSite(this.registerTask), object) as ReturnType<typeof this.registerTask<Base>>;
  }

  #define(definition: ReadDefinition, site: CallSite, made?: TaskBase): AnyTask {
    const { name } = definition.options;
    if (name === undefined || !isBuiltIn(name)) return this.#register(definition, site, made);
    throw new AlreadyRegistered(`"${name}" is a task that every App has; give the one at ${site.place()} another name`);
  }

  #register({ fn, options, ownName }: ReadDefinition, site: CallSite, made?: TaskBase): AnyTask {
    const name = options.name ?? this.genTaskName(requireName(ownName), site.module());
    const makeObject = (): TaskBase => made ?? new (options.base ?? this.Task)();
    const task = createTask(this, { name, fn, options, makeObject, definedAt: () => site.place() });
    const existing = this.#tasks.get(name);
    if (existing !== undefined) {
      throw new AlreadyRegistered(
        `a task named "${name}" is registered already, at ${existing.definedAt ?? "an unknown place"}; give the one at ${task.definedAt ?? "an unknown place"} another name`,
      );
    }
    this.#tasks.set(name, task);
    return task;
  }

  /** The name of a task that was given none: its module's and its function's. Meant to be overridden. */
  genTaskName(name: string, module: string | undefined): string {
    return module === undefined ? name : `${module}.${name}`;
  }

  /** Gives a task by name. @throws NotRegistered with the nearest name */
  getTask(name: string): AnyTask {
    const task = this.tasks.get(name);
    if (task !== undefined) return task;
    const names = this.#ownNames;
    throw new NotRegistered(
      `there is no task named "${name}" in this app${didYouMean(name, this.#tasks.keys())}; it has ${names.length === 0 ? "no tasks" : `${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}`}`,
    );
  }

  /**
   * Makes a signature that belongs to this app: from JSON (ours or Celery's, text or data), from a signature that
   * belongs to none, or of a task by name. What it takes is not known to types; what it gives is as you say.
   * @throws InvalidSignatureError with the place in the JSON
   */
  signature<Result = unknown>(
    nameOrJson: unknown,
    args: readonly unknown[] = [],
    options: CallOptions & { kwargs?: Readonly<Record<string, unknown>> } = {},
  ): UntypedSignature<Result> {
    if (typeof nameOrJson === "string" && !nameOrJson.trimStart().startsWith("{")) {
      const { kwargs = {}, ...rest } = options;
      return bindSignature(
        taskData(nameOrJson, args, kwargs, normalizeOptions(rest)),
        this,
      ) as UntypedSignature<Result>;
    }
    return bindSignature(parseSignature(nameOrJson), this) as UntypedSignature<Result>;
  }

  /** A handle on the result with this id, from whatever process it was sent. */
  asyncResult<Result = unknown>(id: string): AsyncResult<Result> {
    return new AsyncResult<Result>(id, this.engine);
  }

  /** A handle on the result of the group with this id, from whatever process it was sent. */
  groupResult<Results extends readonly unknown[] = readonly unknown[]>(id: string): GroupResult<Results>;
  /** A group of results that were sent one by one, with an id of its own. @throws OptionError for a group of this kind among them */
  groupResult<const Members extends readonly AsyncResult[]>(members: Members): GroupResult<ValuesOf<Members>>;
  groupResult(idOrMembers: string | readonly AsyncResult[]): GroupResult {
    return typeof idOrMembers === "string"
      ? new GroupResult(idOrMembers, this.engine)
      : assembleGroup(idOrMembers, this.engine);
  }

  /** Finds a group that was saved, or one whose run is still stored; `undefined` when there is none with this id. */
  async restoreGroup<Results extends readonly unknown[] = readonly unknown[]>(
    id: string,
  ): Promise<GroupResult<Results> | undefined> {
    const { engine } = this;
    const found = await engine.findGroup(id);
    if (found === undefined) return undefined;
    const members = found.members?.map((member) => resultFromTuple(member, engine));
    return new GroupResult<Results>(id, engine, members === undefined ? undefined : { members });
  }

  /** Makes the handle that `asTuple()` described. @throws OptionError for anything else */
  resultFromTuple<Result = unknown>(tuple: unknown): AsyncResult<Result> {
    return resultFromTuple(tuple, this.engine) as AsyncResult<Result>;
  }

  /**
   * Gives a hand on the connection by which this App sends: calls with the option `producer` are waited for together.
   * Opens nothing. @throws OptionError
   */
  producer(options: ProducerOptions = {}): Producer {
    return new Producer(this, options);
  }

  /** Ends what the app opened. Safe to repeat; an app that was never used has nothing to close. */
  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await engine?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** As `toString`: whoever prints an App must not print its passwords. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  toString(): string {
    return `<App ${this.main ?? "without a name"}: ${this.#ownNames.length} tasks>`;
  }
}

/** Options of an App that are settings by another name. */
const SETTING_OF_OPTION: Readonly<Record<string, keyof Settings>> = {
  broker: "brokerUrl",
  backend: "resultBackend",
  defaultQueue: "taskDefaultQueue",
};

/** Options of an App that are no settings. */
const OWN_OPTIONS: readonly string[] = ["connection", "setAsCurrent"] satisfies (keyof AppOptions)[];

const APP_OPTIONS: readonly string[] = [...Object.keys(SETTING_OF_OPTION), ...OWN_OPTIONS, ...settingNames];

/** The settings among an App's options. @throws OptionError for what is no option */
function settingsIn(options: AppOptions, place: string | undefined): SettingValues {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!APP_OPTIONS.includes(name)) {
      const where = place === undefined ? "" : ` (${place})`;
      throw new OptionError(`unknown option \`${name}\` of App${where}${didYouMeanSetting(name, APP_OPTIONS)}`);
    }
    if (OWN_OPTIONS.includes(name)) continue;
    if (value !== undefined) settings[SETTING_OF_OPTION[name] ?? name] = value;
  }
  return settings;
}

/** Whether a value is an App. */
export function isApp(value: unknown): value is App {
  return value instanceof App;
}
