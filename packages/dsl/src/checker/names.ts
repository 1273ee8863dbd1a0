/**
 * Names to what they stand for: the names of `for` and of parameters around, the file's own, the built-in words, tasks.
 * One rule: every name of the text is looked at exactly once, also where nothing is ever evaluated.
 */
import type { Clause, DefStatement, Expression, Identifier, ImportStatement, Suffix } from "../ast.ts";
import { builtInWord, builtInWords, mappingWord } from "../compiler/built-in-words.ts";
import { type Definition, definitionsOf, isPrivate, type Module } from "../compiler/module.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Span } from "../source.ts";
import { foreignNames } from "../syntax/habits.ts";
import type { Resolution } from "./resolution.ts";
import { Suggester } from "./suggest.ts";

/** Which definitions need which. */
export type Needs = ReadonlyMap<Definition, readonly Definition[]>;

/**
 * Resolves all names of a file into `resolutions`; reports unknown, hidden and unused ones.
 * @param isRoot it is the file that runs: of one that is imported, the main expression is left alone
 */
export function resolveNames(
  module: Module,
  isRoot: boolean,
  resolutions: Map<Expression, Resolution>,
  diagnostics: Diagnostics,
): Needs {
  return new NameResolver(module, isRoot, resolutions, diagnostics).run();
}

interface Locals {
  readonly name: Identifier;
  readonly outer: Locals | undefined;
}

class NameResolver {
  readonly #module: Module;
  readonly #diagnostics: Diagnostics;
  readonly #isRoot: boolean;
  readonly #resolutions: Map<Expression, Resolution>;
  readonly #needs = new Map<Definition, Definition[]>();
  readonly #usedDefinitions = new Set<Definition>();
  readonly #usedImports = new Set<ImportStatement>();
  readonly #suggester = new Suggester();
  /** What the definition that is being read needs. */
  #current: Definition[] = [];

  constructor(module: Module, isRoot: boolean, resolutions: Map<Expression, Resolution>, diagnostics: Diagnostics) {
    this.#module = module;
    this.#isRoot = isRoot;
    this.#resolutions = resolutions;
    this.#diagnostics = diagnostics;
  }

  run(): Needs {
    for (const definition of definitionsOf(this.#module)) {
      this.#current = [];
      this.#needs.set(definition, this.#current);
      if (definition.kind !== "import" || definition.statement.alias !== undefined) this.#warnIfHiding(definition.name);
      this.#readDefinition(definition);
    }
    this.#current = [];
    if (!this.#isRoot) return this.#needs;
    for (const statement of this.#module.file.statements) {
      // A second main expression is an error, and is checked all the same.
      if (statement.kind === "main") this.#read(statement.value, undefined);
    }
    this.#warnOfUnused();
    return this.#needs;
  }

  #readDefinition(definition: Definition): void {
    switch (definition.kind) {
      case "param":
        if (definition.statement.defaultValue !== undefined) this.#read(definition.statement.defaultValue, undefined);
        return;
      case "let":
        this.#read(definition.statement.value, undefined);
        return;
      case "def":
        this.#readDef(definition.statement);
        return;
      case "import":
        if (definition.statement.params !== undefined) this.#read(definition.statement.params, undefined);
        return;
      case "broken":
        return;
    }
  }

  #readDef(def: DefStatement): void {
    let locals: Locals | undefined;
    const seen = new Map<string, Identifier>();
    for (const { name, defaultValue } of def.parameters) {
      if (defaultValue !== undefined) this.#read(defaultValue, locals);
      const first = seen.get(name.name);
      if (first !== undefined) {
        const { source } = this.#module;
        this.#diagnostics.report("E203", source, name, { name: name.name }, [
          { source, span: first, label: "the first is here" },
        ]);
      }
      seen.set(name.name, name);
      this.#warnIfHiding(name);
      locals = { name, outer: locals };
    }
    this.#read(def.body, locals);
  }

  #read(expression: Expression, locals: Locals | undefined): void {
    switch (expression.kind) {
      case "literal":
      case "given":
      case "broken":
        return;
      case "name":
        this.#resolveName(expression, [], locals, false);
        return;
      case "quoted":
        this.#resolveQuoted(expression);
        return;
      case "template":
        for (const part of expression.parts) if (typeof part !== "string") this.#read(part, locals);
        return;
      case "list":
        for (const item of expression.items) this.#read(item.value, locals);
        return;
      case "comprehension":
        this.#read(expression.item, this.#readClauses(expression.clauses, locals));
        return;
      case "object":
        for (const entry of expression.entries) this.#read(entry.value, locals);
        return;
      case "if":
        for (const branch of expression.branches) {
          this.#read(branch.condition, locals);
          this.#read(branch.result, locals);
        }
        this.#read(expression.otherwise, locals);
        return;
      case "pipe":
        for (const step of expression.steps) this.#read(step, locals);
        return;
      case "parallel":
        for (const member of expression.members) this.#read(member, locals);
        return;
      case "operation":
        for (const operand of expression.operands) this.#read(operand, locals);
        return;
      case "unary":
        this.#read(expression.operand, locals);
        return;
      case "step":
        this.#read(expression.of, locals);
        for (const attachment of expression.attachments) {
          this.#read(attachment.kind === "with" ? attachment.options : attachment.handler, locals);
        }
        return;
      case "postfix":
        this.#readPostfix(expression.head, expression.suffixes, locals);
        return;
      case "parentheses":
        this.#read(expression.inner, locals);
        return;
    }
  }

  #readClauses(clauses: readonly Clause[], outer: Locals | undefined): Locals | undefined {
    let locals = outer;
    for (const clause of clauses) {
      this.#read(clause.list, locals);
      this.#warnIfHiding(clause.name);
      locals = { name: clause.name, outer: locals };
      for (const condition of clause.conditions) this.#read(condition, locals);
    }
    return locals;
  }

  #readPostfix(head: Expression, suffixes: readonly Suffix[], locals: Locals | undefined): void {
    if (head.kind === "name") this.#resolveName(head, suffixes, locals, true);
    else this.#read(head, locals);
    for (const suffix of suffixes) {
      if (suffix.kind === "call") for (const argument of suffix.args) this.#read(argument.value, locals);
      else if (suffix.kind === "index") this.#read(suffix.index, locals);
    }
  }

  #resolveName(
    head: Extract<Expression, { kind: "name" }>,
    suffixes: readonly Suffix[],
    locals: Locals | undefined,
    hasSuffixes: boolean,
  ): void {
    this.#resolutions.set(head, this.#find(head, suffixes, locals, hasSuffixes));
  }

  #find(
    head: Extract<Expression, { kind: "name" }>,
    suffixes: readonly Suffix[],
    locals: Locals | undefined,
    hasSuffixes: boolean,
  ): Resolution {
    for (let local = locals; local !== undefined; local = local.outer) {
      if (local.name.name === head.name) return { kind: "local", members: 0 };
    }
    const definition = this.#module.definitions.get(head.name);
    if (definition !== undefined) {
      this.#usedDefinitions.add(definition);
      this.#current.push(definition);
      return { kind: "definition", definition, members: 0 };
    }
    const imported = this.#module.imported.get(head.name);
    if (imported !== undefined) {
      this.#usedDefinitions.add(imported);
      this.#current.push(imported);
      return { kind: "imported", definition: imported, name: head.name, members: 0 };
    }
    const path = memberPath(head.name, suffixes);
    const members = path.length - 1;
    const word = members === 0 ? builtInWord(head.name) : undefined;
    if (word !== undefined) return { kind: "word", word, members: 0 };
    const name = path.join(".");
    const task = this.#findTask(name);
    if (task !== undefined) return { kind: "task", task, members };
    const mapping = members === 0 ? undefined : mappingWord(path.at(-1) ?? "");
    const mapped = mapping === undefined ? undefined : this.#findTask(path.slice(0, -1).join("."));
    if (mapping !== undefined && mapped !== undefined) return { kind: "mapping", task: mapped, word: mapping, members };
    const end = suffixes[members - 1]?.end ?? head.end;
    // A mapping of an unknown task: the task's name is what is wrong.
    const isMapping = mapping !== undefined;
    const unknownName = isMapping ? path.slice(0, -1).join(".") : name;
    const unknownEnd = isMapping ? (suffixes[members - 2]?.end ?? head.end) : end;
    const isCalled = isMapping || (hasSuffixes && suffixes[members]?.kind === "call");
    this.#reportUnknown(unknownName, { start: head.start, end: unknownEnd }, isCalled || members > 0, locals);
    return { kind: "unknown", members };
  }

  #resolveQuoted(expression: Extract<Expression, { kind: "quoted" }>): void {
    const task = expression.name === "" ? undefined : this.#findTask(expression.name);
    if (task !== undefined) {
      this.#resolutions.set(expression, { kind: "task", task, members: 0 });
      return;
    }
    if (expression.name !== "") this.#reportUnknown(expression.name, expression, true, undefined);
    this.#resolutions.set(expression, { kind: "unknown", members: 0 });
  }

  #findTask(name: string) {
    const task = this.#module.tasks.find(name);
    const statement = task === undefined ? undefined : this.#module.tasks.importOf(name);
    if (statement !== undefined) this.#usedImports.add(statement);
    return task;
  }

  #reportUnknown(name: string, span: Span, isTask: boolean, locals: Locals | undefined): void {
    const { source, tasks, definitions, imported, file } = this.#module;
    const foreign = foreignNames.get(name);
    if (foreign !== undefined) {
      this.#diagnostics.report("E111", source, span, { found: name, write: foreign });
      return;
    }
    // Where an import failed, any name may come from it, and the import is the error.
    if (tasks.isIncomplete) return;
    const taskNames = [...tasks.names()];
    const localNames: string[] = [];
    for (let local = locals; local !== undefined; local = local.outer) localNames.push(local.name.name);
    const known = [...localNames, ...definitions.keys(), ...imported.keys(), ...builtInWords, ...taskNames];
    const noTasks = taskNames.length === 0 && !file.statements.some((statement) => statement.kind === "import");
    const facts = { name, nearest: this.#suggester.nearest(name, known), noTasks };
    this.#diagnostics.report(isTask ? "E201" : "E202", source, span, facts);
  }

  #warnIfHiding(name: Identifier): void {
    const hides =
      builtInWord(name.name) !== undefined
        ? `the built-in word \`${name.name}\``
        : this.#module.tasks.find(name.name) !== undefined
          ? `the task "${name.name}"`
          : undefined;
    if (hides !== undefined) this.#diagnostics.report("W202", this.#module.source, name, { name: name.name, hides });
  }

  /** A library's names are for others, so only a file that runs is told what it does not use. */
  #warnOfUnused(): void {
    const { source, main, file, tasks } = this.#module;
    // A statement that could not be parsed may use anything.
    if (main === undefined || file.statements.some((statement) => statement.kind === "broken")) return;
    for (const definition of definitionsOf(this.#module)) {
      const { kind, name } = definition;
      if (kind === "broken" || this.#usedDefinitions.has(definition) || isPrivate(name.name)) continue;
      this.#diagnostics.report("W201", source, name, { what: kind, name: name.name });
    }
    const importsWithTasks = new Set([...tasks.names()].map((name) => tasks.importOf(name)));
    for (const statement of file.statements) {
      if (statement.kind !== "import" || this.#usedImports.has(statement) || !importsWithTasks.has(statement)) continue;
      this.#diagnostics.report("W201", source, statement.specifier, { what: "import", name: statement.specifier.name });
    }
  }
}

/** A name with the members directly behind it: `images.resize` of `images.resize(1)`. */
function memberPath(head: string, suffixes: readonly Suffix[]): string[] {
  const path = [head];
  for (const suffix of suffixes) {
    if (suffix.kind !== "member") break;
    path.push(suffix.name);
  }
  return path;
}
