/** The params of a flow: what is declared, and the values that are given. */

import { nearestName } from "../checker/suggest.ts";
import type { Diagnostics } from "../diagnostics.ts";
import { Diagnostics as OwnDiagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import { Source } from "../source.ts";
import { parseSource } from "../syntax/parse.ts";
import { fitType, formatType, type ParamType, sortOfType } from "../types.ts";
import { Unknown, type Value, valueFromJson } from "../values.ts";
import { asValue } from "./coerce.ts";
import { Evaluator, type Scope } from "./evaluator.ts";
import { evaluateExpression } from "./expressions.ts";
import type { Definition, Module } from "./module.ts";
import type { Origin } from "./workflow.ts";

/** A value for a param: text as on a command line, read by the param's type, or a JSON value. */
export type ParamValue = { readonly text: string } | { readonly value: unknown };

/** Values for params, by name. */
export type ParamValues = Readonly<Record<string, ParamValue>>;

type ParamDefinition = Extract<Definition, { kind: "param" }>;

/** A value that an import gives. Without a value it is not known, or wrong and reported. */
export interface ImportedValue {
  readonly value: Value | undefined;
  readonly namePlace: Origin;
  readonly place: Origin;
}

/** Where the values of a file's params come from. */
export type GivenParams =
  /** Nowhere: the file is checked only, and each param stands for any value of its type. */
  | { readonly kind: "none" }
  | { readonly kind: "outside"; readonly values: ParamValues }
  | { readonly kind: "import"; readonly values: ReadonlyMap<string, ImportedValue>; readonly place: Origin };

/** Reports given values that no param takes. */
export function checkParamNames(module: Module, given: GivenParams, diagnostics: Diagnostics): void {
  if (given.kind === "none") return;
  const known = [...module.definitions.values()].flatMap((definition) =>
    definition.kind === "broken" || definition.kind === "param" ? [definition.name.name] : [],
  );
  const { start } = module.source;
  const head: Origin = { source: module.source, span: { start, end: start } };
  const names =
    given.kind === "outside"
      ? Object.keys(given.values).map((name) => [name, head] as const)
      : [...given.values].map(([name, { namePlace }]) => [name, namePlace] as const);
  for (const [name, { source, span }] of names) {
    if (known.includes(name)) continue;
    diagnostics.report("E505", source, span, { name, known, nearest: nearestName(name, known) });
  }
}

/** What a param is: the value given, else its default, else `null` where it may be, else unknown. */
export function paramValue(
  evaluator: Evaluator,
  definition: ParamDefinition,
  given: GivenParams,
  scope: Scope,
  diagnostics: Diagnostics,
): Value {
  const { name, type, statement } = definition;
  const unknown = new Unknown(sortOfType(type));
  // `null` is a value like others.
  const orUnknown = (value: Value | undefined): Value => (value === undefined ? unknown : value);
  const fallback = statement.defaultValue === undefined ? undefined : readDefault(evaluator, definition, scope);
  if (given.kind === "none") return unknown;
  if (given.kind === "import") {
    const own = given.values.get(name.name);
    if (own !== undefined) return orUnknown(fitImported(own, definition, diagnostics));
  } else {
    const own = Object.hasOwn(given.values, name.name) ? given.values[name.name] : undefined;
    if (own !== undefined) return orUnknown(readGiven(own, definition, evaluator.limits, scope, diagnostics));
  }
  if (fallback !== undefined) return fallback;
  if (statement.defaultValue !== undefined) return unknown;
  if (type.isNullable) return null;
  reportMissing(diagnostics, definition, given, scope);
  return unknown;
}

function reportMissing(diagnostics: Diagnostics, definition: ParamDefinition, given: GivenParams, scope: Scope): void {
  const { name } = definition;
  const { source } = scope.module;
  const facts = { name: name.name, type: formatType(definition.type) };
  if (given.kind === "import") {
    const write = `with {${name.name}: …}`;
    const declared = { source, span: name, label: "declared here" };
    diagnostics.report("E503", given.place.source, given.place.span, { ...facts, write }, [declared]);
  } else {
    diagnostics.report("E503", source, name, { ...facts, write: `-p ${name.name}=…` });
  }
}

function fitImported(given: ImportedValue, definition: ParamDefinition, diagnostics: Diagnostics): Value | undefined {
  const { name, type } = definition;
  if (given.value === undefined) return undefined;
  const check = fitType(given.value, type, false);
  if (check.kind === "fits") return check.value;
  const facts = { name: name.name, type: formatType(type), problem: check.problem, isDeclaration: false };
  diagnostics.report("E504", given.place.source, given.place.span, facts);
  return undefined;
}

function readDefault(evaluator: Evaluator, definition: ParamDefinition, scope: Scope): Value | undefined {
  const { name, type, statement } = definition;
  if (statement.defaultValue === undefined) return undefined;
  const meaning = evaluator.evaluate(statement.defaultValue, scope);
  const value = asValue(evaluator, meaning, `the default of "${name.name}"`, statement.defaultValue, scope);
  if (value === undefined) return undefined;
  const check = fitType(value, type, false);
  if (check.kind === "fits") return check.value;
  evaluator.report("E512", scope, statement.defaultValue, {
    name: name.name,
    type: formatType(type),
    problem: check.problem,
  });
  return undefined;
}

function readGiven(
  given: ParamValue,
  definition: ParamDefinition,
  limits: Limits,
  scope: Scope,
  diagnostics: Diagnostics,
): Value | undefined {
  const { name, type } = definition;
  const refuse = (problem: string): undefined => {
    diagnostics.report("E504", scope.module.source, name, {
      name: name.name,
      type: formatType(type),
      problem,
      isDeclaration: true,
      write: asList(given, definition),
    });
    return undefined;
  };
  const read = "text" in given ? readText(given.text, type, limits) : valueFromJson(given.value);
  if (read === undefined) return refuse(`got \`${"text" in given ? given.text : ""}\``);
  const check = fitType(read, type, true);
  return check.kind === "fits" ? check.value : refuse(check.problem);
}

/** How an item that is given for a list is written as one, since that is what people forget. */
function asList(given: ParamValue, { name, type }: ParamDefinition): string | undefined {
  if (type.kind !== "list" || !("text" in given) || given.text.startsWith("[")) return undefined;
  const isQuoted = type.of.kind === "string" || type.of.kind === "enum";
  return `-p '${name.name}=[${isQuoted ? JSON.stringify(given.text) : given.text}]'`;
}

/** Text is read by the type: strings and enums as they stand, the rest as values of the language. */
function readText(text: string, type: ParamType, limits: Limits): Value | undefined {
  if (type.kind === "string" || type.kind === "enum") return text === "null" && type.isNullable ? null : text;
  return readFlowValue(text, limits);
}

/** A value written in the language, without names. */
function readFlowValue(text: string, limits: Limits): Value | undefined {
  const source = new Source("-p", text);
  const diagnostics = new OwnDiagnostics();
  const file = parseSource(source, limits, diagnostics);
  const [statement, second] = file.statements;
  if (diagnostics.hasErrors || statement?.kind !== "main" || second !== undefined) return undefined;
  const module: Module = {
    source,
    file,
    definitions: new Map(),
    bareImports: [],
    imported: new Map(),
    tasks: { find: () => undefined, names: () => [], importOf: () => undefined, isIncomplete: true },
    main: statement,
  };
  const evaluator = new Evaluator(evaluateExpression, new Map(), limits, diagnostics);
  const meaning = evaluator.evaluate(statement.value, { module, meanings: new Map(), locals: undefined });
  return diagnostics.hasErrors || meaning.kind !== "value" ? undefined : meaning.value;
}
