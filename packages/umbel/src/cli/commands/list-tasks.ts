/** `flow list`: the tasks of an App. */
import { type AnyTask, formatParameters, isBuiltIn } from "@umbel/core";
import { showFile } from "../../load/import-module.ts";
import { docsOfTasks } from "../../load/task-docs.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadNamedApp } from "../named-app.ts";
import { table } from "../table.ts";

/** The options of `flow list`, as commander gives them. */
export interface ListTasksOptions {
  readonly app?: string;
  readonly json?: boolean;
}

/** The version of the catalogue. */
const CATALOGUE_VERSION = 1;

/** Prints the tasks. @throws ModuleError */
export async function listTasks(context: CommandContext, options: ListTasksOptions): Promise<ExitCode> {
  const { terminal, directory } = context;
  terminal.captureOutput();
  const { app, file } = await loadNamedApp(options.app, directory);
  const tasks = [...app.tasks.values()].filter(({ name }) => !isBuiltIn(name));
  const docs = await docsOfTasks(tasks);
  if (options.json === true) {
    const catalogue = {
      version: CATALOGUE_VERSION,
      app: app.main ?? null,
      module: file,
      tasks: tasks.map((task) => describe(task, docs)),
    };
    terminal.result(JSON.stringify(catalogue, undefined, 2));
  } else {
    // The first line says what a task gives; the catalogue has all.
    const firstLine = (name: string): string => docs.get(name)?.split("\n", 1)[0] ?? "";
    terminal.result(
      table(
        tasks.map((task) => [`${task.name}${formatParameters(task.parameters)}`, placeOf(task), firstLine(task.name)]),
      ),
    );
  }
  return EXIT.done;
}

function describe(task: AnyTask, docs: ReadonlyMap<string, string>) {
  const { name, parameters, options, definedAt } = task;
  const doc = docs.get(name);
  return {
    name,
    ...(doc === undefined ? {} : { doc }),
    signature: `${name}${formatParameters(parameters)}`,
    parameters: parameters.parameters,
    ...(options.queue === undefined ? {} : { queue: options.queue }),
    ...(definedAt === undefined ? {} : { definedAt }),
  };
}

function placeOf({ definedAt, options }: AnyTask): string {
  const place = /^(.*?)(:\d+)(?::\d+)?$/.exec(definedAt ?? "");
  const at = place === null ? (definedAt ?? "") : `${showFile(place[1] ?? "")}${place[2]}`;
  return options.queue === undefined ? at : `${at}  queue ${options.queue}`;
}
