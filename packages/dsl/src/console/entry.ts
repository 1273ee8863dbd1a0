/**
 * One entry of a console: text that stands behind what was entered before. One rule: an entry is compiled as the end of a
 * file, so it means what it would mean in one; only a value, which runs nothing, may be its main expression.
 */
import { formatParameters, type SignatureData } from "@umbel/core";
import type { MainStatement, Statement } from "../ast.ts";
import { TypeChecker } from "../checker/types.ts";
import { nameType, typeOfData, type ValueType } from "../checker/value-types.ts";
import { type CheckOptions, checkedWorkflow, type EvaluatedFile, evaluateFile, parse } from "../compile.ts";
import { asWorkflow } from "../compiler/coerce.ts";
import { Lowering } from "../compiler/lower.ts";
import { type Meaning, nameMeaning } from "../compiler/meaning.ts";
import type { TaskCall, Workflow } from "../compiler/workflow.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { TaskDeclaration } from "../resolver.ts";
import { type Place, Source } from "../source.ts";
import { DataMaker, isUnknown } from "../values.ts";

/** What an entry is compiled behind. */
export interface EntryOptions extends CheckOptions {
  /** The definitions of before, a line break behind the last. */
  readonly before: string;
  /** What messages call those. */
  readonly beforeName: string;
}

/** What the main expression of an entry means. */
export type EntryMeaning =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "workflow"; readonly signature: SignatureData };

/** A definition or an import of an entry. */
export interface EntryDefinition {
  /** What it is known by: a name, or an import with its text; a later one of this name takes its place. */
  readonly name: string;
  readonly kind: "import" | "param" | "let" | "def";
  /** With the comments above it. */
  readonly text: string;
}

/** What an entry comes to. With errors there is no meaning, and nothing is defined. */
export interface EntryResult {
  readonly meaning: EntryMeaning | undefined;
  readonly definitions: readonly EntryDefinition[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles an entry. */
export function compileEntry(text: string, options: EntryOptions): EntryResult {
  const { evaluated, main, meaning } = evaluateEntry(text, options);
  const found = main === undefined || meaning === undefined ? undefined : meaningOf(evaluated, meaning, main);
  const diagnostics = diagnosticsOf(evaluated, options);
  if (evaluated.diagnostics.hasErrors) return { meaning: undefined, definitions: [], diagnostics };
  return { meaning: found, definitions: definitionsOf(text, evaluated, options.before.length), diagnostics };
}

/** What an expression is, for people: what it takes and gives. `undefined` where it is wrong. */
export function describeEntry(
  text: string,
  options: EntryOptions,
): { readonly description: string | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const { evaluated, main, meaning } = evaluateEntry(text, options);
  const description = main === undefined || meaning === undefined ? undefined : describe(evaluated, meaning, main);
  const diagnostics = diagnosticsOf(evaluated, options);
  return { description: evaluated.diagnostics.hasErrors ? undefined : description, diagnostics };
}

/** The names that a text defines, where it can be parsed. */
export function entryNames(text: string): readonly string[] {
  return parse(text).file.statements.flatMap((statement) => nameOf(statement) ?? []);
}

interface EvaluatedEntry {
  readonly evaluated: EvaluatedFile;
  readonly main: MainStatement | undefined;
  readonly meaning: Meaning | undefined;
}

function evaluateEntry(text: string, options: EntryOptions): EvaluatedEntry {
  const source = new Source(options.file, `${options.before}${text}`);
  const evaluated = evaluateFile(source, options, {});
  const { main } = evaluated.root;
  const meaning = main === undefined ? undefined : evaluated.evaluator.evaluate(main.value, evaluated.scope);
  return { evaluated, main, meaning };
}

function meaningOf(evaluated: EvaluatedFile, meaning: Meaning, main: MainStatement): EntryMeaning | undefined {
  if (meaning.kind === "list" && meaning.items.length === 0) return { kind: "value", value: [] };
  if (meaning.kind === "value" && !isUnknown(meaning.value)) {
    return { kind: "value", value: new DataMaker().make(meaning.value) };
  }
  const workflow = checkedWorkflow(evaluated, meaning, main);
  if (evaluated.diagnostics.hasErrors) return undefined;
  return { kind: "workflow", signature: new Lowering().lower(workflow) };
}

function definitionsOf(text: string, { root }: EvaluatedFile, offset: number): readonly EntryDefinition[] {
  const definitions: EntryDefinition[] = [];
  let from = 0;
  for (const statement of root.file.statements) {
    const end = statement.end - offset;
    if (end <= 0) continue;
    const name = nameOf(statement);
    if (name !== undefined && statement.kind !== "main" && statement.kind !== "broken") {
      definitions.push({ name, kind: statement.kind, text: text.slice(from, end).trim() });
    }
    from = end;
  }
  return definitions;
}

function nameOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case "main":
      return undefined;
    case "import":
      return statement.alias?.name ?? `import ${JSON.stringify(statement.specifier.name)}`;
    default:
      return statement.name?.name;
  }
}

/** What is found in an entry, and the errors that it makes in what was there before. */
function diagnosticsOf(
  { diagnostics }: EvaluatedFile,
  { before, beforeName, file }: EntryOptions,
): readonly Diagnostic[] {
  const lines = before.split("\n").length - 1;
  const moved = (place: Place): Place => {
    if (place.file !== file) return place;
    if (place.start.offset < before.length) return { ...place, file: beforeName };
    const move = ({ offset, line, column }: Place["start"]) => ({
      offset: offset - before.length,
      line: line - lines,
      column,
    });
    return { file, start: move(place.start), end: move(place.end) };
  };
  return diagnostics
    .sorted()
    .filter(({ code, severity, place }) => {
      // A name may be used by a later entry, and what was told of before is known.
      if (code === "W201") return false;
      return severity === "error" || place.file !== file || place.start.offset >= before.length;
    })
    .map((diagnostic) => ({
      ...diagnostic,
      place: moved(diagnostic.place),
      related: diagnostic.related.map(({ place, label }) => ({ place: moved(place), label })),
    }));
}

function describe(evaluated: EvaluatedFile, meaning: Meaning, main: MainStatement): string {
  const { evaluator, scope } = evaluated;
  switch (meaning.kind) {
    case "value":
      return `a value: ${nameType(widened(typeOfData(new DataMaker().make(meaning.value))))}`;
    case "task":
      return describeTask(meaning.task);
    case "def": {
      const { start, end, doc } = meaning.def;
      const text = meaning.module.source.text.slice(start, end);
      return [...(doc === undefined ? [] : [doc]), text].join("\n");
    }
    case "word":
    case "mapping":
    case "flow":
    case "anything":
      return nameMeaning(meaning);
    case "workflow":
    case "list": {
      const workflow = asWorkflow(evaluator, meaning, "the main expression", main.value, scope);
      const checker = new TypeChecker(evaluator);
      checker.check(workflow, undefined);
      const lines = ["a workflow"];
      const wanted = wantedBy(workflow);
      if (wanted !== undefined) lines.push(`takes  ${wanted}`);
      const result = checker.resultOf(workflow);
      lines.push(`gives  ${holdsAny(result) ? "what the types do not tell" : nameType(result)}`);
      return lines.join("\n");
    }
  }
}

function describeTask({ name, parameters, types, definedAt, doc }: TaskDeclaration): string {
  const typed = types?.parameters.map((parameter) => `${parameter.name}: ${nameType(parameter.type)}`).join(", ");
  const takes = typed === undefined || types?.rest !== undefined ? formatParameters(parameters) : `(${typed})`;
  return [
    `the task ${name}${takes}${types === undefined ? "" : ` → ${nameType(types.result)}`}`,
    ...(doc === undefined ? [] : [doc]),
    ...(definedAt === undefined ? [] : [`defined at ${definedAt}`]),
  ].join("\n");
}

/** The first parameter that the tasks at a workflow's start still want, if they want one. */
function wantedBy(workflow: Workflow): string | undefined {
  switch (workflow.kind) {
    case "task":
      return wantedByCall(workflow);
    case "chain":
      return workflow.steps[0] === undefined ? undefined : wantedBy(workflow.steps[0]);
    case "group":
      return firstWanted(workflow.members);
    case "chord":
      return wantedBy(workflow.header);
    case "either":
      return firstWanted(workflow.choices);
    case "each":
      return workflow.args.length > 0 || workflow.isImmutable ? undefined : "a list";
    case "mapping":
    case "hole":
      return undefined;
  }
}

function firstWanted(workflows: readonly Workflow[]): string | undefined {
  for (const workflow of workflows) {
    const wanted = wantedBy(workflow);
    if (wanted !== undefined) return wanted;
  }
  return undefined;
}

function wantedByCall({ task, args, kwargs, isImmutable, isOpen }: TaskCall): string | undefined {
  const required = task.parameters.parameters.filter(({ kind, optional }) => kind === "positional" && !optional);
  const missing = required.filter(({ name }) => !Object.hasOwn(kwargs, name)).length - args.length;
  const [first] = task.parameters.parameters;
  if (isImmutable || isOpen || missing <= 0 || first === undefined) return undefined;
  const type = task.types?.parameters[0]?.type;
  return `${first.name}${type === undefined ? "" : `: ${nameType(type)}`}, the first argument of ${task.name}`;
}

/** Whether a type says nothing of what there is in the end. */
function holdsAny(type: ValueType): boolean {
  return type.sort === "any" || (type.sort === "list" && holdsAny(type.of));
}

const WIDE: Readonly<Record<string, ValueType["sort"]>> = { string: "string", number: "number", boolean: "bool" };

/** The type of values like this one, rather than of it alone. */
function widened(type: ValueType): ValueType {
  switch (type.sort) {
    case "literal": {
      const sort = WIDE[typeof type.value];
      return sort === "string" || sort === "number" || sort === "bool" ? { sort } : type;
    }
    case "list":
      return { sort: "list", of: widened(type.of) };
    case "object":
      return { sort: "object", keys: type.keys.map((key) => ({ ...key, type: widened(key.type) })) };
    case "union": {
      const parts = new Map(type.of.map((part) => [nameType(widened(part)), widened(part)]));
      const [only] = parts.values();
      return parts.size === 1 && only !== undefined ? only : { sort: "union", of: [...parts.values()] };
    }
    default:
      return type;
  }
}
