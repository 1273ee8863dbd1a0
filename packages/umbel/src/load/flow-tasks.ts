/**
 * All that a flow can name, loaded before it is compiled. One rule: an import that fails is an answer and no exception,
 * so that the flow's own text is checked as far as it goes and every mistake is told at once.
 */
import { dirname, extname } from "node:path";
import { type AnyTask, type App, isBuiltIn, isTask } from "@umbel/core";
import { type ImportAnswer, importsOf, type Resolver } from "@umbel/dsl";
import { isError } from "../broker/system-error.ts";
import { findDefaultModule } from "./default-module.ts";
import { discoverApp } from "./discover-app.ts";
import { FlowFileError, type FlowSource, readFlowFile } from "./flow-source.ts";
import { importModule } from "./import-module.ts";
import { importIncluded } from "./include.ts";
import { ModuleError } from "./module-error.ts";
import { tasksOf } from "./module-tasks.ts";
import { requireInside } from "./project-bounds.ts";
import { resolveImport } from "./resolve-import.ts";
import { declarationOf } from "./task-declaration.ts";
import { typesIn, typesOfTasks } from "./task-types.ts";
import { userFrames } from "./user-stack.ts";

/** What a flow has around it. */
export interface FlowTasks {
  readonly resolver: Resolver;
  /** The texts by their names, of imported flows too; for showing diagnostics. */
  readonly sources: Readonly<Record<string, string>>;
  /** All tasks that were imported or that the App of `-A` has, of however many Apps. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** The App of `-A`, else that of the first imported task. */
  readonly app: App | undefined;
  /** Absolute paths of the modules that gave them, as `-A` takes them. */
  readonly modules: readonly string[];
  /** Set when the flow imports nothing, there is no `-A`, and no module was found; what was tried. */
  readonly tried: string | undefined;
}

/** What loading may do. */
export interface LoadOptions {
  /** Imports may name files outside of the project of the flow. */
  readonly allowOutside?: boolean;
  /** The TypeScript compiler may run, so that types of tasks are known that have not been read yet. */
  readonly mayCompile?: boolean;
}

/**
 * Loads the modules that a flow imports, and the one that `-A` names or that is meant where it imports nothing.
 * @param appSpec as after `-A`
 * @param directory what `appSpec` is relative to
 * @throws ModuleError when the module of `-A` cannot be used
 */
export async function loadFlowTasks(
  source: FlowSource,
  appSpec: string | undefined,
  directory: string,
  options: LoadOptions = {},
): Promise<FlowTasks> {
  const imports = await loadImports(source, options);
  const given =
    appSpec !== undefined
      ? await loadApp(appSpec, directory)
      : imports.answers.size === 0
        ? await loadDefaultApp(dirname(source.path))
        : undefined;
  const found = given === undefined || "tried" in given ? undefined : given;
  const app = found?.app;
  const tasks = new Map<string, AnyTask>(app?.tasks);
  for (const task of imports.tasks) if (!tasks.has(task.name)) tasks.set(task.name, task);
  // The language has words for what they do.
  const own = [...tasks].filter(([name]) => !isBuiltIn(name));
  const types = await typesOfTasks(
    own.map(([, task]) => task),
    dirname(source.path),
    options.mayCompile === true,
  );
  const declarations = new Map(own.map(([name, task]) => [name, declarationOf(task, typesIn(types, task))]));
  return {
    resolver: {
      task: (name) => (app?.tasks.has(name) ? declarations.get(name) : undefined),
      taskNames: () => own.flatMap(([name]) => (app?.tasks.has(name) ? [name] : [])),
      import: (specifier, fromFile) => {
        const answer = imports.answers.get(answerKey(specifier, fromFile));
        if (answer?.kind !== "tasks") return answer ?? { kind: "failed", reason: "it was not loaded" };
        return {
          kind: "tasks",
          tasks: answer.tasks.map((task) => (isTask(task) ? declarationOf(task, typesIn(types, task)) : task)),
        };
      },
    },
    sources: imports.sources,
    tasks,
    app: app ?? imports.tasks[0]?.app,
    modules: [...new Set([...(found === undefined ? [] : [found.file]), ...imports.modules])],
    tried: given !== undefined && "tried" in given ? given.tried : undefined,
  };
}

/** An App, and the file that has it. */
interface LoadedApp {
  readonly app: App;
  readonly file: string;
}

async function loadApp(spec: string, directory: string): Promise<LoadedApp> {
  const { app, module } = await discoverApp(spec, directory);
  await importIncluded(app, module.file);
  return { app, file: module.file };
}

async function loadDefaultApp(folder: string): Promise<LoadedApp | { readonly tried: string }> {
  const module = await findDefaultModule(folder);
  return module.kind === "found" ? await loadApp(module.spec, module.directory) : { tried: module.tried };
}

interface Imports {
  readonly answers: ReadonlyMap<string, ImportAnswer>;
  readonly tasks: readonly AnyTask[];
  readonly sources: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
}

async function loadImports(source: FlowSource, { allowOutside = false }: LoadOptions): Promise<Imports> {
  const answers = new Map<string, ImportAnswer>();
  const tasks: AnyTask[] = [];
  const sources: Record<string, string> = {};
  const modules: string[] = [];
  const open = [source];
  const bounds = allowOutside ? undefined : dirname(source.path);
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    const { name, path, text } = current;
    if (Object.hasOwn(sources, name)) continue;
    sources[name] = text;
    for (const { specifier } of importsOf(text, name)) {
      const loaded = await load(specifier, path, bounds);
      answers.set(answerKey(specifier, name), loaded.answer);
      if (loaded.flow !== undefined) open.push(loaded.flow);
      tasks.push(...(loaded.tasks ?? []));
      if (loaded.module !== undefined) modules.push(loaded.module);
    }
  }
  return { answers, tasks, sources, modules };
}

interface Loaded {
  readonly answer: ImportAnswer;
  readonly tasks?: readonly AnyTask[];
  readonly flow?: FlowSource;
  readonly module?: string;
}

async function load(specifier: string, fromPath: string, bounds: string | undefined): Promise<Loaded> {
  try {
    const path = await resolveImport(specifier, fromPath);
    if (bounds !== undefined) await requireInside(specifier, path, bounds);
    if (extname(path) === ".flow") {
      const flow = await readFlowFile(path, dirname(path));
      return { answer: { kind: "flow", file: flow.name, text: flow.text }, flow };
    }
    const tasks = tasksOf(await importModule(path));
    return { answer: { kind: "tasks", tasks }, tasks, module: path };
  } catch (error) {
    if (error instanceof ModuleError) return { answer: { kind: "failed", reason: describeReason(error) } };
    if (error instanceof FlowFileError) return { answer: { kind: "failed", reason: error.message } };
    throw error;
  }
}

/** What went wrong, and where in the module. */
function describeReason({ reason, cause }: ModuleError): string {
  const frames = isError(cause) ? userFrames(cause.stack ?? "") : [];
  return [reason, ...frames.map((frame) => `    ${frame}`)].join("\n");
}

function answerKey(specifier: string, fromFile: string): string {
  return `${fromFile}\n${specifier}`;
}
