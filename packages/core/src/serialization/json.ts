/**
 * Values as JSON, never silently changed. One rule: what JSON would drop or turn into something else is refused with
 * the place where it stands.
 */
import { SerializationError } from "../errors.ts";

/**
 * Gives a value as JSON text; `undefined` as a whole is null, and a property that is undefined is left out.
 * @param what how the message names the value, such as `the result of task "add"`
 * @throws SerializationError for a value that JSON cannot hold unchanged, naming the place in it
 */
export function encodeJson(value: unknown, what: string): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(Object.is(value, -0) ? 0 : value);
  try {
    const text = JSON.stringify(value, function (this: unknown, key: string, held: unknown): unknown {
      // `held` is what toJSON gave; what stands there before decides whether JSON would change it.
      const original = key === "" ? value : ownProperty(this, key);
      const problem = unfit(original === undefined ? held : original);
      if (problem !== undefined) throw new UnfitValue(problem, original);
      if (original === undefined && Array.isArray(this)) return null;
      return held;
    });
    return text ?? "null";
  } catch (error) {
    if (error instanceof UnfitValue) {
      const place = findPlace(value, error.value);
      throw new SerializationError(
        `${what} cannot be kept as JSON: ${place === "" ? "it" : `\`${place}\``} is ${error.problem}; return plain data (null, true, numbers, strings, lists, objects)`,
      );
    }
    // JSON.stringify throws a TypeError for a cycle, and a RangeError for text longer than a string can be.
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new SerializationError(`${what} cannot be kept as JSON: ${firstLine(error.message)}`, { cause: error });
    }
    throw error;
  }
}

/** Reads JSON text that `encodeJson` made. */
export function decodeJson(text: string): unknown {
  return JSON.parse(text);
}

class UnfitValue extends Error {
  readonly problem: string;
  readonly value: unknown;

  constructor(problem: string, value: unknown) {
    super(problem);
    this.problem = problem;
    this.value = value;
  }
}

function ownProperty(holder: unknown, key: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, key) : undefined;
}

/** Says what a value is, if JSON would change it. */
function unfit(value: unknown): string | undefined {
  switch (typeof value) {
    case "bigint":
      return "a BigInt";
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "object":
      return value === null ? undefined : unfitObject(value);
    default:
      return undefined;
  }
}

function unfitObject(value: object): string | undefined {
  if (Array.isArray(value) || hasToJson(value)) return value instanceof Date ? "a Date" : undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  if (value instanceof Error) return "an Error";
  if (value instanceof Map || value instanceof Set || value instanceof WeakMap || value instanceof Promise || value instanceof RegExp) {
    return `a ${value.constructor.name}`;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `a ${value.constructor.name}`;
  // An instance of a class of the user's is kept as its own properties, as JSON does and its author expects.
  return undefined;
}

function hasToJson(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** Finds where a value stands, as `rows[3].when`; iterative, and each object is entered once. */
function findPlace(root: unknown, wanted: unknown): string {
  const seen = new Set<unknown>();
  const open: { readonly value: unknown; readonly place: string }[] = [{ value: root, place: "" }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    if (Object.is(entry.value, wanted)) return entry.place;
    if (typeof entry.value !== "object" || entry.value === null || seen.has(entry.value)) continue;
    seen.add(entry.value);
    for (const [key, value] of Object.entries(entry.value)) {
      const step = Array.isArray(entry.value) ? `[${key}]` : entry.place === "" ? key : `.${key}`;
      open.push({ value, place: entry.place + step });
    }
  }
  return "";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
