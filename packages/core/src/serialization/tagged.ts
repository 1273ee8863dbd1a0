/**
 * Values that JSON has no word for, as JSON: `{ "__type__": "datetime", "__value__": "…" }`, in the form that Celery's own
 * JSON has. One rule: what is read is what was written; data that looks like a tag is tagged itself.
 */
import { SerializationError } from "../errors.ts";
import { decodeError, encodeError, isError, type WireError } from "./error.ts";

const TYPE = "__type__";
const VALUE = "__value__";

/** Classes of binary data, by the names of their tags. */
const BINARY = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
} as const;

/** Reads what a tag says that others define. */
export type TagReader = (tag: Readonly<Record<string, unknown>>) => unknown;

const readers = new Map<string, TagReader>();

/** Lets a tag be read. */
export function defineTag(type: string, read: TagReader): void {
  readers.set(type, read);
}

/** Whether a value is kept by a tag; of its parts nothing is said. */
export function isTaggable(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return (
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    isError(value) ||
    Object.hasOwn(value, TYPE)
  );
}

/** How bytes stand in a tag. */
export type BytesForm = (bytes: Buffer) => unknown;

const base64: BytesForm = (bytes) => bytes.toString("base64");

/** Gives a value that JSON can hold. What has no tag is given as it is, or with tags in it. */
export function tagged(value: unknown, bytesForm: BytesForm = base64): unknown {
  if (typeof value === "bigint") return tag("bigint", String(value));
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as unknown[]).map((item) => tagged(item, bytesForm));
  if (value instanceof Date) return tag("datetime", value.toISOString());
  if (value instanceof Map)
    return tag(
      "map",
      [...value].map(([key, item]) => [within(key, bytesForm), within(item, bytesForm)]),
    );
  if (value instanceof Set)
    return tag(
      "set",
      [...value].map((item) => within(item, bytesForm)),
    );
  if (value instanceof ArrayBuffer) return tag("ArrayBuffer", bytesForm(Buffer.from(value)));
  if (ArrayBuffer.isView(value)) return taggedView(value, bytesForm);
  if (isError(value)) return tag("error", encodeError(value));
  if ("toJSON" in value && typeof value.toJSON === "function") return value;
  const entries = Object.entries(value).map(([name, item]) => [name, tagged(item, bytesForm)] as const);
  return Object.hasOwn(value, TYPE) ? tag("object", entries) : Object.fromEntries(entries);
}

/** Gives data with a tag. */
export function tag(type: string, value: unknown): object {
  return { [TYPE]: type, [VALUE]: value };
}

/** In a Map or Set nothing is something. */
function within(value: unknown, bytesForm: BytesForm): unknown {
  return value === undefined ? tag("undefined", null) : tagged(value, bytesForm);
}

function taggedView(view: ArrayBufferView, bytesForm: BytesForm): object {
  const bytes = bytesForm(Buffer.from(view.buffer, view.byteOffset, view.byteLength));
  if (Buffer.isBuffer(view)) return tag("Buffer", bytes);
  const name = Object.keys(BINARY).find((each) => each === view.constructor.name);
  if (name === undefined) throw new SerializationError(`a ${view.constructor.name} cannot be kept; use a typed array`);
  return tag(name, bytes);
}

/** Reads values that stand packed among others. */
export type PackedReader = (packed: string) => unknown;

/** The tag of what a serializer or compression has made. */
const PACKED = "packed";

/** Gives a packed value as it stands in JSON. */
export function packedTag(packed: string): object {
  return tag(PACKED, packed);
}

/** Gives what `tagged` was given; changes the data that it is given. @param unpack reads what is packed in it */
export function untagged(data: unknown, unpack: PackedReader | undefined = undefined): unknown {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return data;
  if (Array.isArray(data)) {
    const list = data as unknown[];
    for (const [place, item] of list.entries()) if (typeof item === "object") list[place] = untagged(item, unpack);
    return list;
  }
  const record = data as Record<string, unknown>;
  const type = record[TYPE];
  if (typeof type === "string") return readTag(type, record, unpack);
  for (const name of Object.keys(record)) {
    const item = record[name];
    // Not by assignment: a name may be `__proto__`.
    if (typeof item === "object" && item !== null) Object.defineProperty(record, name, own(untagged(item, unpack)));
  }
  return record;
}

/** Gives what `tagged` was given, and leaves the data as it is: itself, if it holds no tags. */
export function untaggedCopy(data: unknown): unknown {
  return holdsTags(data) ? untagged(copyOf(data)) : data;
}

/** Looks at plain data, without recursion. */
function holdsTags(root: unknown): boolean {
  const open: unknown[] = [root];
  const seen = new Set<unknown>();
  while (open.length > 0) {
    const value = open.pop();
    if (!isPlain(value) || seen.has(value)) continue;
    seen.add(value);
    if (!Array.isArray(value) && Object.hasOwn(value, TYPE)) return true;
    for (const item of Object.values(value)) if (typeof item === "object" && item !== null) open.push(item);
  }
  return false;
}

function copyOf(value: unknown): unknown {
  if (!isPlain(value)) return value;
  if (Array.isArray(value)) return (value as unknown[]).map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
}

/** Whether a value is a list or a plain object, and not an instance of a class. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function own(value: unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: true, writable: true };
}

/** A tag that nobody has defined is data of somebody else's. */
function readTag(type: string, record: Readonly<Record<string, unknown>>, unpack: PackedReader | undefined): unknown {
  const value = record[VALUE];
  const reader = readers.get(type);
  if (reader !== undefined) return reader(record);
  if (typeof value === "string") {
    if (type === "bigint") return BigInt(value);
    if (type === "datetime") return new Date(value);
    if (type === PACKED && unpack !== undefined) return unpack(value);
  }
  if (typeof value === "string" || value instanceof Uint8Array) {
    if (type === "Buffer") return Buffer.from(bytesOf(value));
    if (type === "ArrayBuffer") return bufferOf(value);
    if (Object.hasOwn(BINARY, type)) return viewOf(type as keyof typeof BINARY, bufferOf(value));
  }
  if (type === "undefined") return undefined;
  if (type === "error") return decodeError(value as WireError);
  if (!Array.isArray(value)) return record;
  const items = value as unknown[];
  if (type === "set") return new Set(items.map((item) => untagged(item, unpack)));
  const pairs = items as [string, unknown][];
  if (type === "map") return new Map(pairs.map(([key, item]) => [untagged(key, unpack), untagged(item, unpack)]));
  return type === "object" ? Object.fromEntries(pairs.map(([name, item]) => [name, untagged(item, unpack)])) : record;
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? Buffer.from(value, "base64") : value;
}

function bufferOf(value: string | Uint8Array): ArrayBuffer {
  const bytes = bytesOf(value);
  // A copy that begins where the bytes do: typed arrays must lie at a multiple of their items' size.
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** Whether text may hold a tag. */
export function mayHoldTag(json: string): boolean {
  return json.includes(`"${TYPE}"`);
}

function viewOf(name: keyof typeof BINARY, buffer: ArrayBuffer): ArrayBufferView {
  const make: new (buffer: ArrayBuffer) => ArrayBufferView = BINARY[name];
  return new make(buffer);
}
