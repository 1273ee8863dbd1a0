/** The types of params. One rule: a value given from outside is read and checked here, wherever it comes from. */
import { nearest, parseSeconds } from "@umbel/core";
import type { TypeExpression } from "./ast.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { Duration } from "./duration.ts";
import type { Source } from "./source.ts";
import { isList, isObject, isUnknown, nameSort, type Sort, sortOf, type Value } from "./values.ts";

/** The type of a param. */
export type ParamType = { readonly isNullable: boolean } & (
  | { readonly kind: "string" | "int" | "float" | "bool" | "duration" | "json" }
  | { readonly kind: "list" | "map"; readonly of: ParamType }
  | { readonly kind: "enum"; readonly values: readonly string[] }
);

const SIMPLE_TYPES = ["string", "int", "float", "bool", "duration", "json"] as const;
const TYPE_NAMES: readonly string[] = [...SIMPLE_TYPES, "list", "map"];

/** Reads a type as it is written; what is wrong is reported, and any value fits it then. */
export function readType(type: TypeExpression, source: Source, diagnostics: Diagnostics): ParamType {
  const { isNullable } = type;
  if (type.kind === "enum") return { kind: "enum", values: type.values.map((value) => value.name), isNullable };
  const { name } = type.name;
  if (name === "list" || name === "map") {
    if (type.of !== undefined) return { kind: name, of: readType(type.of, source, diagnostics), isNullable };
    diagnostics.report("E511", source, type.name, {
      name,
      problem: `needs the type of its items: \`${name}<string>\``,
    });
    return { kind: name, of: { kind: "json", isNullable: true }, isNullable };
  }
  const simple = SIMPLE_TYPES.find((known) => known === name);
  if (simple === undefined) {
    diagnostics.report("E502", source, type.name, { name, nearest: nearest(name, TYPE_NAMES) });
  } else if (type.of !== undefined) {
    diagnostics.report("E511", source, type.name, { name, problem: "takes no other type" });
  }
  return simple === undefined ? { kind: "json", isNullable: true } : { kind: simple, isNullable };
}

/** A type as it is written. */
export function formatType(type: ParamType): string {
  const mark = type.isNullable ? "?" : "";
  switch (type.kind) {
    case "list":
    case "map":
      return `${type.kind}<${formatType(type.of)}>${mark}`;
    case "enum":
      return type.values.map((value) => JSON.stringify(value)).join(" | ") + mark;
    default:
      return type.kind + mark;
  }
}

const SORTS: Readonly<Record<ParamType["kind"], Sort | undefined>> = {
  string: "string",
  int: "number",
  float: "number",
  bool: "bool",
  duration: "duration",
  json: undefined,
  list: "list",
  map: "object",
  enum: "string",
};

/** The sort of all values of a type, if there is one. */
export function sortOfType(type: ParamType): Sort | undefined {
  return type.isNullable ? undefined : SORTS[type.kind];
}

/** A value that fits its type, or why it does not. */
export type TypeCheck =
  | { readonly kind: "fits"; readonly value: Value }
  | { readonly kind: "wrong"; readonly problem: string };

/**
 * Fits a value to a type. Durations may come from outside as seconds or text (`isOutside`), since JSON has none.
 */
export function fitType(value: Value, type: ParamType, isOutside: boolean): TypeCheck {
  if (isUnknown(value)) return { kind: "fits", value };
  if (value === null && (type.isNullable || type.kind === "json")) return { kind: "fits", value };
  switch (type.kind) {
    case "json":
      return { kind: "fits", value };
    case "list":
      return isList(value) ? fitList(value, type.of, isOutside) : wrong(value);
    case "map":
      return isObject(value) ? fitMap(value, type.of, isOutside) : wrong(value);
    case "enum":
      if (typeof value !== "string") return wrong(value);
      if (type.values.includes(value)) return { kind: "fits", value };
      return { kind: "wrong", problem: `got ${JSON.stringify(value)}${meant(value, type.values)}` };
    case "int":
      if (typeof value !== "number") return wrong(value);
      return Number.isSafeInteger(value) ? { kind: "fits", value } : { kind: "wrong", problem: `got ${value}` };
    case "duration":
      return isOutside && !(value instanceof Duration) ? fitOutsideDuration(value) : fitSort(value, "duration");
    case "string":
    case "float":
    case "bool":
      return fitSort(value, SORTS[type.kind]);
  }
}

function fitSort(value: Value, sort: Sort | undefined): TypeCheck {
  return sortOf(value) === sort ? { kind: "fits", value } : wrong(value);
}

function fitList(list: readonly Value[], of: ParamType, isOutside: boolean): TypeCheck {
  const values: Value[] = [];
  for (const [index, item] of list.entries()) {
    const check = fitType(item, of, isOutside);
    if (check.kind === "wrong") return { kind: "wrong", problem: `item ${index} ${check.problem}` };
    values.push(check.value);
  }
  return { kind: "fits", value: values };
}

function fitMap(map: ReadonlyMap<string, Value>, of: ParamType, isOutside: boolean): TypeCheck {
  const values = new Map<string, Value>();
  for (const [key, item] of map) {
    const check = fitType(item, of, isOutside);
    if (check.kind === "wrong") return { kind: "wrong", problem: `"${key}" ${check.problem}` };
    values.set(key, check.value);
  }
  return { kind: "fits", value: values };
}

function fitOutsideDuration(value: Value): TypeCheck {
  try {
    return { kind: "fits", value: new Duration(parseSeconds(value, "a duration") * 1000) };
  } catch {
    // parseSeconds says the same at more length.
    return wrong(value);
  }
}

function wrong(value: Value): TypeCheck {
  return { kind: "wrong", problem: `got ${typeof value === "string" ? JSON.stringify(value) : nameSort(value)}` };
}

function meant(name: string, known: readonly string[]): string {
  const candidate = nearest(name, known);
  return candidate === undefined ? "" : `; did you mean "${candidate}"?`;
}
