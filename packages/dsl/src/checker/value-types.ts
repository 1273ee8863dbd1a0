/**
 * Types of what tasks take and give, as far as JSON values have them. One rule: two types are at odds only when nothing
 * of the one can be the other; where there is any doubt, they fit.
 */
import { UNKNOWN_DATA } from "../values.ts";

/** A type of JSON values. */
export type ValueType =
  | { readonly sort: "any" | "null" | "bool" | "number" | "string" }
  | { readonly sort: "literal"; readonly value: string | number | boolean }
  | { readonly sort: "list"; readonly of: ValueType }
  | { readonly sort: "object"; readonly keys: readonly ObjectKey[] }
  | { readonly sort: "union"; readonly of: readonly ValueType[] };

/** A key that objects of a type have. */
export interface ObjectKey {
  readonly name: string;
  readonly type: ValueType;
  readonly isOptional: boolean;
}

/** What is known of the types of a task. */
export interface TaskTypes {
  /** Of its positional parameters in order; further arguments have the type of `rest`. */
  readonly parameters: readonly { readonly name: string; readonly type: ValueType }[];
  readonly rest?: ValueType | undefined;
  readonly result: ValueType;
}

export const ANY: ValueType = { sort: "any" };

/** Whether nothing of a type can be of another. */
export function areAtOdds(given: ValueType, wanted: ValueType): boolean {
  if (given.sort === "any" || wanted.sort === "any") return false;
  if (given.sort === "union") return given.of.length > 0 && given.of.every((part) => areAtOdds(part, wanted));
  if (wanted.sort === "union") return wanted.of.every((part) => areAtOdds(given, part));
  if (given.sort === "literal" && wanted.sort === "literal") return given.value !== wanted.value;
  if (given.sort === "list" && wanted.sort === "list") return areAtOdds(given.of, wanted.of);
  if (given.sort === "object" && wanted.sort === "object") return areKeysAtOdds(given.keys, wanted.keys);
  return sortOfValue(given) !== sortOfValue(wanted);
}

function areKeysAtOdds(given: readonly ObjectKey[], wanted: readonly ObjectKey[]): boolean {
  // Of an object without known keys, none is known to be missing.
  if (given.length === 0) return false;
  return wanted.some((key) => {
    const own = given.find(({ name }) => name === key.name);
    return own === undefined ? !key.isOptional : areAtOdds(own.type, key.type);
  });
}

const LITERAL_SORTS: Readonly<Record<string, ValueType["sort"]>> = {
  string: "string",
  number: "number",
  boolean: "bool",
};

function sortOfValue(type: ValueType): ValueType["sort"] {
  return type.sort === "literal" ? (LITERAL_SORTS[typeof type.value] ?? "any") : type.sort;
}

/** The type of a value that is known. */
export function typeOfData(data: unknown): ValueType {
  if (data === UNKNOWN_DATA) return ANY;
  if (data === null) return { sort: "null" };
  if (typeof data === "string" || typeof data === "number" || typeof data === "boolean") {
    return { sort: "literal", value: data };
  }
  if (Array.isArray(data)) {
    // A long list is judged by its beginning.
    const parts = data.slice(0, MOST_LOOKED_AT).map(typeOfData);
    return { sort: "list", of: parts.length === 0 ? ANY : unionOf(parts) };
  }
  if (typeof data !== "object") return ANY;
  const entries = Object.entries(data);
  return { sort: "object", keys: entries.map(([name, item]) => ({ name, type: typeOfData(item), isOptional: false })) };
}

const MOST_LOOKED_AT = 20;

/** The type of whatever is of one of several types. */
export function unionOf(types: readonly ValueType[]): ValueType {
  const different = [...new Set(types)];
  const [only] = different;
  if (different.some(({ sort }) => sort === "any") || only === undefined) return ANY;
  return different.length === 1 ? only : { sort: "union", of: different };
}

/** Names a type in a message, as TypeScript would write it. */
export function nameType(type: ValueType): string {
  switch (type.sort) {
    case "any":
      return "unknown";
    case "bool":
      return "boolean";
    case "null":
    case "number":
    case "string":
      return type.sort;
    case "literal":
      return JSON.stringify(type.value);
    case "list": {
      const of = nameType(type.of);
      return of.includes(" | ") && type.of.sort === "union" ? `(${of})[]` : `${of}[]`;
    }
    case "object": {
      const keys = type.keys.slice(0, MOST_KEYS_NAMED).map((key) => {
        return `${key.name}${key.isOptional ? "?" : ""}: ${nameType(key.type)}`;
      });
      if (type.keys.length > MOST_KEYS_NAMED) keys.push("…");
      return keys.length === 0 ? "object" : `{ ${keys.join("; ")} }`;
    }
    case "union":
      return [...new Set(type.of.map(nameType))].join(" | ");
  }
}

const MOST_KEYS_NAMED = 4;
