/**
 * The front door: text to signature data, or what is wrong with it. One rule: pure and synchronous; the same text, params
 * and tasks give the same answer, and nothing is thrown whatever the text.
 */
import type { SignatureData } from "@umbel/core";
import type { FlowFile, MainStatement } from "./ast.ts";
import { TypeChecker } from "./checker/types.ts";
import { asWorkflow } from "./compiler/coerce.ts";
import { Evaluator, type Scope } from "./compiler/evaluator.ts";
import { evaluateExpression } from "./compiler/expressions.ts";
import type { GivenPart } from "./compiler/given.ts";
import { Instances } from "./compiler/instance.ts";
import { Lowering } from "./compiler/lower.ts";
import type { Meaning } from "./compiler/meaning.ts";
import type { Module } from "./compiler/module.ts";
import type { ParamValues } from "./compiler/params.ts";
import { loadProgram } from "./compiler/program.ts";
import type { Workflow } from "./compiler/workflow.ts";
import { type Diagnostic, Diagnostics } from "./diagnostics.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import type { Resolver } from "./resolver.ts";
import { Source } from "./source.ts";
import { parseSource } from "./syntax/parse.ts";
import { formatType, type ParamType } from "./types.ts";
import { DataMaker, isUnknown, nameSort } from "./values.ts";

/** What a text is checked with. */
export interface CheckOptions {
  /** The name of the text in messages, and what imports are relative to. */
  readonly file: string;
  readonly resolver: Resolver;
  readonly limits?: Partial<Limits>;
}

/** What a text is compiled with. */
export interface CompileOptions extends CheckOptions {
  readonly params?: ParamValues;
}

/** A param as a file declares it. */
export interface DeclaredParam {
  readonly name: string;
  readonly type: ParamType;
  /** The type as it is written. */
  readonly typeText: string;
  readonly doc: string | undefined;
  /** Absent where there is none, or where it depends on what is not known. */
  readonly default?: unknown;
  /** The default as it is written. */
  readonly defaultText: string | undefined;
  /** It must be given. */
  readonly isRequired: boolean;
}

/** What checking gives. */
export interface CheckResult {
  readonly params: readonly DeclaredParam[];
  /** The `##` lines at the head of the file. */
  readonly doc: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What compiling gives: a signature exactly when no diagnostic is an error. */
export interface CompileResult extends CheckResult {
  readonly signature: SignatureData | undefined;
}

/** What parsing gives. */
export interface ParseResult {
  readonly file: FlowFile;
  readonly diagnostics: readonly Diagnostic[];
}

/** An import as a file writes it. */
export interface ImportRequest {
  readonly specifier: string;
  readonly file: string;
}

/** Parses a text; broken statements are in the tree with their names. */
export function parse(text: string, file = "flow", limits: Partial<Limits> = {}): ParseResult {
  const diagnostics = new Diagnostics();
  const tree = parseSource(new Source(file, text), { ...defaultLimits, ...limits }, diagnostics);
  return { file: tree, diagnostics: diagnostics.sorted() };
}

/** The imports of a text, so that they can be loaded before it is compiled. Errors are left to `compile`. */
export function importsOf(text: string, file: string): readonly ImportRequest[] {
  const { statements } = parse(text, file).file;
  return statements.flatMap((statement) =>
    statement.kind === "import" ? [{ specifier: statement.specifier.name, file }] : [],
  );
}

/** Checks a text without values for its params: each stands for any value of its type. */
export function check(text: string, options: CheckOptions): CheckResult {
  const { params, doc, diagnostics } = run(new Source(options.file, text), options, undefined, []);
  return { params, doc, diagnostics: diagnostics.sorted() };
}

/** Compiles a text with values for its params. */
export function compile(text: string, options: CompileOptions): CompileResult {
  return compileSource(new Source(options.file, text), options, []);
}

/** The same of a source that has places for what is given beside it. */
export function compileSource(source: Source, options: CompileOptions, given: readonly GivenPart[]): CompileResult {
  const { params, doc, main, diagnostics, start } = run(source, options, options.params ?? {}, given);
  if (main === undefined && !diagnostics.hasErrors) diagnostics.report("E510", source, { start, end: start }, {});
  const signature = main === undefined || diagnostics.hasErrors ? undefined : new Lowering().lower(main);
  return { signature, params, doc, diagnostics: diagnostics.sorted() };
}

/** A file with what its names mean. */
export interface EvaluatedFile {
  readonly evaluator: Evaluator;
  readonly root: Module;
  readonly scope: Scope;
  readonly diagnostics: Diagnostics;
  readonly limits: Limits;
}

/** Reads a file with all that it imports, and evaluates its definitions. @param params absent: none has a value */
export function evaluateFile(
  source: Source,
  options: CheckOptions,
  params: ParamValues | undefined,
  given: readonly GivenPart[] = [],
): EvaluatedFile {
  const limits = { ...defaultLimits, ...options.limits };
  const diagnostics = new Diagnostics();
  const program = loadProgram(source, options.resolver, limits, diagnostics);
  const evaluator = new Evaluator(evaluateExpression, program.resolutions, limits, diagnostics, {
    parts: given,
    findTask: (name) => options.resolver.task(name),
  });
  const instances = new Instances(program, evaluator, diagnostics);
  const scope = instances.evaluate(
    program.root,
    params === undefined ? { kind: "none" } : { kind: "outside", values: params },
  );
  return { evaluator, root: program.root, scope, diagnostics, limits };
}

interface Run {
  readonly start: number;
  readonly main: Workflow | undefined;
  readonly params: readonly DeclaredParam[];
  readonly doc: string | undefined;
  readonly diagnostics: Diagnostics;
}

function run(source: Source, options: CheckOptions, params: ParamValues | undefined, given: readonly GivenPart[]): Run {
  const evaluated = evaluateFile(source, options, params, given);
  const { evaluator, root, scope, diagnostics } = evaluated;
  const main = evaluateMain(evaluated);
  return {
    start: source.start,
    main,
    params: declaredParams(evaluator, root, scope),
    doc: root.file.doc,
    diagnostics,
  };
}

function evaluateMain(evaluated: EvaluatedFile): Workflow | undefined {
  const { evaluator, root, scope } = evaluated;
  let main: Workflow | undefined;
  for (const statement of root.file.statements) {
    if (statement.kind !== "main") continue;
    const meaning = evaluator.evaluate(statement.value, scope);
    if (meaning.kind === "value" && !isUnknown(meaning.value)) {
      evaluator.report("E417", scope, statement.value, { got: nameSort(meaning.value) });
      continue;
    }
    const workflow = checkedWorkflow(evaluated, meaning, statement);
    if (statement === root.main) main = workflow;
  }
  return main;
}

/** The workflow that a main expression means, checked as what nothing comes to. */
export function checkedWorkflow(
  { evaluator, scope, limits }: EvaluatedFile,
  meaning: Meaning,
  { value }: MainStatement,
): Workflow {
  const workflow = asWorkflow(evaluator, meaning, "the main expression", value, scope);
  evaluator.arity.checkStart(workflow, 0);
  if (workflow.size <= limits.nodes && workflow.depth <= limits.depth) {
    new TypeChecker(evaluator).check(workflow, undefined);
  }
  if (workflow.size > limits.nodes) evaluator.exhaust("E904", scope, value, { most: limits.nodes });
  else if (workflow.depth > limits.depth) evaluator.exhaust("E908", scope, value, { most: limits.depth });
  return workflow;
}

function declaredParams(evaluator: Evaluator, module: Module, scope: Scope): readonly DeclaredParam[] {
  const data = new DataMaker();
  return [...module.definitions.values()].flatMap((definition): DeclaredParam[] => {
    if (definition.kind !== "param") return [];
    const { statement, type, name } = definition;
    const isRequired = statement.defaultValue === undefined && !type.isNullable;
    const fallback =
      statement.defaultValue === undefined ? undefined : evaluator.inspect(statement.defaultValue, scope);
    const written = statement.defaultValue;
    const isKnown = fallback?.kind === "value" && !isUnknown(fallback.value);
    return [
      {
        name: name.name,
        type,
        typeText: formatType(type),
        doc: statement.doc,
        isRequired,
        defaultText: written === undefined ? undefined : module.source.text.slice(written.start, written.end),
        ...(isKnown && { default: data.make(fallback.value) }),
      },
    ];
  });
}
