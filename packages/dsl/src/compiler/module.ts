/**
 * A file with what its names mean before anything is evaluated. One rule: every name of a file is known in the whole
 * file, whatever the order of its statements.
 */
import type {
  DefStatement,
  FlowFile,
  Identifier,
  ImportStatement,
  LetStatement,
  MainStatement,
  ParamStatement,
} from "../ast.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Resolver, TaskDeclaration } from "../resolver.ts";
import type { Source } from "../source.ts";
import { type ParamType, readType } from "../types.ts";

/** A name that a file defines. */
export type Definition =
  | { readonly kind: "param"; readonly name: Identifier; readonly statement: ParamStatement; readonly type: ParamType }
  | { readonly kind: "let"; readonly name: Identifier; readonly statement: LetStatement }
  | { readonly kind: "def"; readonly name: Identifier; readonly statement: DefStatement }
  /** Its statement could not be parsed. */
  | { readonly kind: "broken"; readonly name: Identifier };

/** A file, ready to be checked and evaluated. */
export interface Module {
  readonly source: Source;
  readonly file: FlowFile;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly tasks: TaskTable;
  readonly main: MainStatement | undefined;
}

/** The tasks that a file can name. */
export interface TaskTable {
  find(name: string): TaskDeclaration | undefined;
  names(): Iterable<string>;
  /** Which import brought a task; `undefined` for those given from outside. */
  importOf(name: string): ImportStatement | undefined;
  /** An import failed, so there may be tasks that are not in the table. */
  readonly isIncomplete: boolean;
}

/** Makes the module of a file: collects its names and tasks, and reports what is there twice. */
export function loadModule(source: Source, file: FlowFile, resolver: Resolver, diagnostics: Diagnostics): Module {
  const definitions = new Map<string, Definition>();
  let main: MainStatement | undefined;
  for (const statement of file.statements) {
    switch (statement.kind) {
      case "main":
        if (main === undefined) main = statement;
        else diagnostics.report("E509", source, statement, {}, [{ source, span: main, label: "the first is here" }]);
        break;
      case "param":
        define({ kind: "param", name: statement.name, statement, type: readType(statement.type, source, diagnostics) });
        break;
      case "let":
        define({ kind: "let", name: statement.name, statement });
        break;
      case "def":
        define({ kind: "def", name: statement.name, statement });
        break;
      case "broken":
        if (statement.name !== undefined) define({ kind: "broken", name: statement.name });
        break;
      case "import":
        break;
    }
  }
  return { source, file, definitions, tasks: importTasks(source, file, resolver, diagnostics), main };

  function define(definition: Definition): void {
    const { name } = definition;
    const first = definitions.get(name.name);
    if (first === undefined) definitions.set(name.name, definition);
    else
      diagnostics.report("E203", source, name, { name: name.name }, [
        { source, span: first.name, label: "the first is here" },
      ]);
  }
}

interface ImportedTask {
  readonly task: TaskDeclaration;
  readonly statement: ImportStatement;
}

function importTasks(source: Source, file: FlowFile, resolver: Resolver, diagnostics: Diagnostics): TaskTable {
  const imported = new Map<string, ImportedTask>();
  let isIncomplete = false;
  for (const statement of file.statements) {
    if (statement.kind === "broken" && source.text.startsWith("import", statement.start)) isIncomplete = true;
    if (statement.kind !== "import") continue;
    const specifier = statement.specifier.name;
    const answer = resolver.import(specifier, source.file);
    switch (answer.kind) {
      case "failed":
        isIncomplete = true;
        diagnostics.report("E501", source, statement.specifier, { specifier, reason: answer.reason });
        break;
      case "flow":
        isIncomplete = true;
        diagnostics.report("E501", source, statement.specifier, {
          specifier,
          reason: "imports of flows are not built yet",
        });
        break;
      case "tasks":
        refuseForTasks(statement);
        if (answer.tasks.length === 0) diagnostics.report("E506", source, statement.specifier, { specifier });
        for (const task of answer.tasks) add(task, statement);
    }
  }
  return {
    find: (name) => imported.get(name)?.task ?? resolver.task(name),
    names: () => new Set([...imported.keys(), ...resolver.taskNames()]),
    importOf: (name) => imported.get(name)?.statement,
    isIncomplete,
  };

  function add(task: TaskDeclaration, statement: ImportStatement): void {
    const other = imported.get(task.name)?.task ?? resolver.task(task.name);
    if (other !== undefined && !isSameTask(other, task)) {
      const facts = { name: task.name, first: placeOf(other), second: placeOf(task) };
      diagnostics.report("E206", source, statement.specifier, facts);
    }
    if (!imported.has(task.name)) imported.set(task.name, { task, statement });
  }

  function refuseForTasks(statement: ImportStatement): void {
    if (statement.alias !== undefined) diagnostics.report("E508", source, statement.alias, { word: "as" });
    if (statement.params !== undefined) diagnostics.report("E508", source, statement.params, { word: "with" });
  }
}

/** The same task may come by two roads; without a place it cannot be told apart. */
function isSameTask(left: TaskDeclaration, right: TaskDeclaration): boolean {
  if (left === right) return true;
  return left.definedAt !== undefined && left.definedAt === right.definedAt && left.module === right.module;
}

function placeOf(task: TaskDeclaration): string {
  return task.definedAt ?? task.module ?? "another module";
}
