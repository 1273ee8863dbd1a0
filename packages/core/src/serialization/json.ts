/**
 * Values as JSON, never silently changed. One rule: what JSON would drop or turn into something else is tagged (tagged.ts),
 * or refused with the place where it stands.
 */
import { types } from "node:util";
import { SerializationError } from "../errors.ts";
import { isError } from "./error.ts";
import { type BytesForm, isTaggable, mayHoldTag, type PackedReader, tagged, untagged } from "./tagged.ts";

/**
 * Gives a value as JSON text; `undefined` as a whole is null, and a property that is undefined is left out.
 * @param what how the message names the value, such as `the result of task "add"`
 * @throws SerializationError for a value that JSON cannot hold unchanged, naming the place in it
 */
export function encodeJson(value: unknown, what: string): string {
  // What most tasks give needs no second look.
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  const needsTags = refuseUnfit(value, what);
  return stringify(needsTags ? withTags(value, what) : value, what) ?? "null";
}

/** Gives a value that JSON can hold: itself, if it needs no tags. @throws SerializationError as `encodeJson` does */
export function taggedJson(value: unknown, what: string): unknown {
  return taggedAs("JSON", value, what);
}

/**
 * The same for a format that holds what JSON does.
 * @param format how messages name it
 * @param bytesForm how bytes stand in it
 */
export function taggedAs(format: string, value: unknown, what: string, bytesForm?: BytesForm): unknown {
  return refuseUnfit(value, what, format) ? withTags(value, what, format, bytesForm) : value;
}

function withTags(value: unknown, what: string, format = "JSON", bytesForm?: BytesForm): unknown {
  try {
    return tagged(value, bytesForm);
  } catch (error) {
    if (error instanceof RangeError)
      throw new SerializationError(`${what} cannot be kept as ${format}: it holds itself, or is nested too deep`, {
        cause: error,
      });
    throw error;
  }
}

/** Reads JSON text that `encodeJson` made. @param unpack reads what stands packed in it */
export function decodeJson(text: string, unpack?: PackedReader): unknown {
  // What is not kept: the result of a call with `ignoreResult`.
  if (text === "") return undefined;
  const data: unknown = JSON.parse(text);
  return mayHoldTag(text) ? untagged(data, unpack) : data;
}

/** @throws SerializationError as `encodeJson` does, without making the text. */
export function requireJson(value: unknown, what: string): void {
  if (isPlainList(value)) return;
  if (!isFlat(value)) stringify(value, what);
  refuseUnfit(value, what);
}

function stringify(value: unknown, what: string): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A BigInt is a TypeError too; it has a place that can be named.
    refuseUnfit(value, what);
    const reason = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
    throw new SerializationError(`${what} cannot be kept as JSON: ${reason}`, { cause: error });
  }
}

/** Whether a value is a list of text, finite numbers, true, false, null: what most calls are given. */
function isPlainList(value: unknown): boolean {
  if (!Array.isArray(value) || Object.getPrototypeOf(value) !== Array.prototype) return false;
  for (const item of value as unknown[]) {
    if (typeof item === "number" ? !Number.isFinite(item) : !isPlain(item)) return false;
  }
  return true;
}

function isPlain(item: unknown): boolean {
  return typeof item === "string" || typeof item === "boolean" || item === null;
}

/** Whether a value holds no objects deeper than one list or record, so that it can hold no cycle. */
function isFlat(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((item) => typeof item !== "object" || item === null);
}

interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly holder: Place | undefined;
}

/**
 * Looks at everything in a value, without recursion; a value seen before is not entered again.
 * @returns whether anything in it needs a tag
 */
function refuseUnfit(root: unknown, what: string, format = "JSON"): boolean {
  const rootProblem = unfit(root);
  if (rootProblem !== undefined) refuse(what, undefined, rootProblem, format);
  let needsTags = isTaggable(root);
  if (!isContainer(root)) return needsTags;
  const seen = new Set<object>();
  const open: Place[] = [{ value: root, key: "", holder: undefined }];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (!isContainer(holder.value) || seen.has(holder.value)) continue;
    seen.add(holder.value);
    for (const [key, value] of partsOf(holder.value)) {
      if (typeof value === "string") continue;
      const problem = unfit(value);
      if (problem !== undefined) refuse(what, { value, key, holder }, problem, format);
      needsTags ||= isTaggable(value);
      if (isContainer(value)) open.push({ value, key, holder });
    }
  }
  return needsTags;
}

/** What is in a value, with its names for messages. */
function* partsOf(value: object): Generator<readonly [key: string, part: unknown]> {
  if (value instanceof Map) {
    let place = 0;
    for (const [key, item] of value) {
      yield [`key ${place}`, key];
      yield [typeof key === "string" ? key : `value ${place}`, item];
      place += 1;
    }
  } else if (value instanceof Set) {
    let place = 0;
    for (const item of value) yield [String(place++), item];
  } else {
    for (const key of Object.keys(value)) yield [key, Reflect.get(value, key) as unknown];
  }
}

/** Whether JSON looks into a value: what has `toJSON` speaks for itself. */
function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null || hasToJson(value)) return false;
  return !(ArrayBuffer.isView(value) || value instanceof ArrayBuffer || isError(value));
}

function refuse(what: string, place: Place | undefined, problem: string, format: string): never {
  const path = place === undefined ? "it" : `\`${pathOf(place)}\``;
  throw new SerializationError(
    `${what} cannot be kept as ${format}: ${path} is ${problem}; use plain data (null, true, numbers, strings, lists, objects), or Date, BigInt, Map, Set, Error, binary data`,
  );
}

function pathOf(place: Place): string {
  const steps: string[] = [];
  for (let at: Place | undefined = place; at?.holder !== undefined; at = at.holder) {
    steps.push(Array.isArray(at.holder.value) ? `[${at.key}]` : `.${at.key}`);
  }
  const path = steps.reverse().join("").replace(/^\./, "");
  return path.length > MOST_PATH ? `${path.slice(0, MOST_PATH / 2)}…${path.slice(-MOST_PATH / 2)}` : path;
}

/** The longest path that a message shows whole. */
const MOST_PATH = 120;

/** Says what a value is, if JSON would change it. */
function unfit(value: unknown): string | undefined {
  switch (typeof value) {
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      return value === null || Array.isArray(value) ? undefined : unfitObject(value);
    default:
      return undefined;
  }
}

function unfitObject(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  // Of a class of the user's that extends one of these, only the class above would come back.
  if (EXACT.some((each) => value instanceof each && prototype !== each.prototype)) return `a ${value.constructor.name}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : undefined;
  const changed =
    value instanceof Promise ||
    value instanceof RegExp ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof SharedArrayBuffer ||
    types.isBoxedPrimitive(value);
  // An instance of a class of the user's is kept as its own properties or its toJSON, as its author expects of JSON.
  return changed ? `a ${value.constructor.name}` : undefined;
}

const EXACT = [Date, Map, Set] as const;

function hasToJson(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}
