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
import type { ImportAnswer, Resolver, TaskDeclaration } from "../resolver.ts";
import type { Source, Span } from "../source.ts";
import { type ParamType, readType } from "../types.ts";

/** A name that a file defines. */
export type Definition =
  | { readonly kind: "param"; readonly name: Identifier; readonly statement: ParamStatement; readonly type: ParamType }
  | { readonly kind: "let"; readonly name: Identifier; readonly statement: LetStatement }
  | { readonly kind: "def"; readonly name: Identifier; readonly statement: DefStatement }
  | ImportDefinition
  /** Its statement could not be parsed. */
  | { readonly kind: "broken"; readonly name: Identifier };

/** An imported flow; its name is the alias, or what is imported. */
export interface ImportDefinition {
  readonly kind: "import";
  readonly name: Identifier;
  readonly statement: ImportStatement;
  readonly module: Module;
}

/** A file, ready to be checked and evaluated. */
export interface Module {
  readonly source: Source;
  readonly file: FlowFile;
  readonly definitions: ReadonlyMap<string, Definition>;
  /** The imports without an alias, whose names are names of this file. */
  readonly bareImports: readonly ImportDefinition[];
  /** Those names. */
  readonly imported: ReadonlyMap<string, ImportDefinition>;
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

/** What an import leads to, once the flows among them are loaded. */
export type ImportLead =
  | Exclude<ImportAnswer, { kind: "flow" | "failed" }>
  | { readonly kind: "flow"; readonly module: Module }
  /** Without a reason it is reported already. */
  | { readonly kind: "failed"; readonly reason?: string };

/** All that a file defines, with the imports that have no name of their own. */
export function definitionsOf(module: Module): readonly Definition[] {
  return [...module.definitions.values(), ...module.bareImports];
}

/** The names that a file gives to those that import it. */
export function exportedNames(module: Module): readonly string[] {
  return [...module.definitions.values()].flatMap(({ kind, name }) => {
    const isExported = (kind === "let" || kind === "def" || kind === "broken") && !isPrivate(name.name);
    return isExported ? [name.name] : [];
  });
}

/** Whether a name is its file's own. */
export function isPrivate(name: string): boolean {
  return name.startsWith("_");
}

/** Makes the module of a file: collects its names and tasks, and reports what is there twice. */
export function loadModule(
  source: Source,
  file: FlowFile,
  leadOf: (statement: ImportStatement) => ImportLead,
  resolver: Resolver,
  knownTasks: Map<string, TaskDeclaration>,
  diagnostics: Diagnostics,
): Module {
  const definitions = new Map<string, Definition>();
  const bareImports: ImportDefinition[] = [];
  const imported = new Map<string, ImportDefinition>();
  const tasks = new ImportedTasks(source, resolver, knownTasks, diagnostics);
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
        if (source.text.startsWith("import", statement.start)) tasks.isIncomplete = true;
        break;
      case "import":
        importLead(statement, leadOf(statement));
    }
  }
  for (const definition of bareImports) {
    for (const name of exportedNames(definition.module)) bringIn(name, definition);
  }
  return { source, file, definitions, bareImports, imported, tasks, main };

  function define(definition: Definition): void {
    const { name } = definition;
    const first = definitions.get(name.name);
    if (first === undefined) definitions.set(name.name, definition);
    else reportTwice(name, name.name, first.name);
  }

  function bringIn(name: string, definition: ImportDefinition): void {
    const first = definitions.get(name) ?? imported.get(name);
    if (first === undefined) imported.set(name, definition);
    else reportTwice(definition.name, name, first.name);
  }

  function reportTwice(span: Span, name: string, first: Span): void {
    diagnostics.report("E203", source, span, { name }, [{ source, span: first, label: "the first is here" }]);
  }

  function importLead(statement: ImportStatement, lead: ImportLead): void {
    switch (lead.kind) {
      case "failed":
        tasks.isIncomplete = true;
        if (statement.alias !== undefined) define({ kind: "broken", name: statement.alias });
        if (lead.reason !== undefined) {
          const specifier = statement.specifier.name;
          diagnostics.report("E501", source, statement.specifier, { specifier, reason: lead.reason });
        }
        break;
      case "tasks":
        tasks.add(statement, lead.tasks);
        break;
      case "flow": {
        const { module } = lead;
        const definition: ImportDefinition = {
          kind: "import",
          name: statement.alias ?? statement.specifier,
          statement,
          module,
        };
        // What a broken statement without a name would have defined is not known.
        const isOpen = module.file.statements.some((inner) => inner.kind === "broken" && inner.name === undefined);
        if (statement.alias !== undefined) define(definition);
        else {
          bareImports.push(definition);
          if (isOpen) tasks.isIncomplete = true;
        }
      }
    }
  }
}

interface ImportedTask {
  readonly task: TaskDeclaration;
  readonly statement: ImportStatement;
}

/** The tasks of one file. A name has one meaning in the whole program, since it is what workers go by. */
class ImportedTasks implements TaskTable {
  isIncomplete = false;
  readonly #imported = new Map<string, ImportedTask>();
  readonly #source: Source;
  readonly #resolver: Resolver;
  readonly #known: Map<string, TaskDeclaration>;
  readonly #diagnostics: Diagnostics;

  constructor(source: Source, resolver: Resolver, known: Map<string, TaskDeclaration>, diagnostics: Diagnostics) {
    this.#source = source;
    this.#resolver = resolver;
    this.#known = known;
    this.#diagnostics = diagnostics;
  }

  find(name: string): TaskDeclaration | undefined {
    return this.#imported.get(name)?.task ?? this.#resolver.task(name);
  }

  names(): Iterable<string> {
    return new Set([...this.#imported.keys(), ...this.#resolver.taskNames()]);
  }

  importOf(name: string): ImportStatement | undefined {
    return this.#imported.get(name)?.statement;
  }

  add(statement: ImportStatement, tasks: readonly TaskDeclaration[]): void {
    const { specifier, alias, params } = statement;
    if (alias !== undefined) this.#diagnostics.report("E508", this.#source, alias, { word: "as" });
    if (params !== undefined) this.#diagnostics.report("E508", this.#source, params, { word: "with" });
    if (tasks.length === 0) this.#diagnostics.report("E506", this.#source, specifier, { specifier: specifier.name });
    for (const task of tasks) {
      const other = this.#known.get(task.name) ?? this.#resolver.task(task.name);
      if (other !== undefined && !isSameTask(other, task)) {
        const facts = { name: task.name, first: placeOf(other), second: placeOf(task) };
        this.#diagnostics.report("E206", this.#source, specifier, facts);
      }
      if (!this.#known.has(task.name)) this.#known.set(task.name, task);
      if (!this.#imported.has(task.name)) this.#imported.set(task.name, { task, statement });
    }
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
