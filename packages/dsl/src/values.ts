/**
 * The values of the language: what JSON has, and durations. One rule: a value never changes, so it may be shared
 * however often it is used.
 */
import { Duration } from "./duration.ts";

/** A value that is not known while checking, such as a param without a value; `type` says what it will be. */
export class Unknown {
  readonly type: Sort | undefined;

  constructor(type: Sort | undefined) {
    this.type = type;
  }
}

/** A value. Objects are maps, so that `__proto__` is a key like others. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Duration
  | Unknown
  | readonly Value[]
  | ReadonlyMap<string, Value>;

/** The sort of a value. */
export type Sort = "null" | "bool" | "number" | "string" | "duration" | "list" | "object";

/** The sort of a value, if it is known. */
export function sortOf(value: Value): Sort | undefined {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "number";
  if (typeof value === "string") return "string";
  if (value instanceof Duration) return "duration";
  if (value instanceof Unknown) return value.type;
  return isList(value) ? "list" : "object";
}

const WITH_ARTICLE: Readonly<Record<Sort, string>> = {
  null: "null",
  bool: "a bool",
  number: "a number",
  string: "a string",
  duration: "a duration",
  list: "a list",
  object: "an object",
};

/** Names a value's sort in a sentence: "a number". */
export function nameSort(value: Value): string {
  const sort = sortOf(value);
  return sort === undefined ? "a value" : WITH_ARTICLE[sort];
}

/** Whether a value is a list that is known. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether a value is an object that is known. */
export function isObject(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

/** Whether a value is, or holds at its surface, something that is not known. */
export function isUnknown(value: Value): value is Unknown {
  return value instanceof Unknown;
}

/** Deep equality; false across sorts, `undefined` where something unknown decides. */
export function areEqual(left: Value, right: Value): boolean | undefined {
  if (isUnknown(left) || isUnknown(right)) return undefined;
  if (left instanceof Duration) return right instanceof Duration && left.milliseconds === right.milliseconds;
  if (isList(left)) {
    if (!isList(right) || left.length !== right.length) return false;
    return all(left.map((item, index) => areEqual(item, right[index] ?? null)));
  }
  if (isObject(left)) {
    if (!isObject(right) || left.size !== right.size) return false;
    return all([...left].map(([key, item]) => (right.has(key) ? areEqual(item, right.get(key) ?? null) : false)));
  }
  return left === right;
}

function all(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

/** What stands in data for what is not known; such data is checked and never sent. */
export const UNKNOWN_DATA: unknown = Object.freeze({});

/** Turns values into what tasks get: JSON, with durations as seconds. What is used often is turned once. */
export class DataMaker {
  readonly #made = new WeakMap<object, unknown>();

  /** The data of a value. */
  make(value: Value): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Duration) return value.seconds;
    if (value instanceof Unknown) return UNKNOWN_DATA;
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    const made = isList(value)
      ? value.map((item) => this.make(item))
      : Object.fromEntries([...value].map(([key, item]) => [key, this.make(item)]));
    this.#made.set(value, made);
    return made;
  }
}

/** Reads a JSON value. What JSON cannot hold is `null`, as `JSON.stringify` has it in lists. */
export function valueFromJson(json: unknown): Value {
  if (typeof json === "boolean" || typeof json === "number" || typeof json === "string") return json;
  if (Array.isArray(json)) return json.map(valueFromJson);
  if (typeof json === "object" && json !== null)
    return new Map(Object.entries(json).map(([key, item]) => [key, valueFromJson(item)]));
  return null;
}

/** The text of a value inside a string; `undefined` for what has none. */
export function textOf(value: Value): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
      return String(value);
    default:
      return value instanceof Duration ? value.toString() : undefined;
  }
}
