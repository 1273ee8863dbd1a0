/**
 * Values as MessagePack. One rule: it keeps what JSON keeps, by the same tags, and refuses the rest; bytes stand in it as
 * they are.
 */
import { createRequire } from "node:module";
import { SerializationError } from "../errors.ts";
import { show } from "../show.ts";
import { taggedAs } from "./json.ts";
import { tag, untagged } from "./tagged.ts";

/** The part of msgpackr that is used. */
interface Packer {
  pack(value: unknown): Buffer;
  unpack(bytes: Uint8Array): unknown;
}

const load = createRequire(import.meta.url);
let packer: Packer | undefined;

/** Loaded by the first who needs it: most programs send JSON. */
function msgpackr(): Packer {
  if (packer === undefined) {
    const { Packr } = load("msgpackr") as { readonly Packr: new (options: object) => Packer };
    // Records are msgpackr's own; without them everybody can read what is written.
    packer = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true });
  }
  return packer;
}

/**
 * Gives a value as MessagePack; `undefined` as in JSON.
 * @param what how the message names the value
 * @throws SerializationError for a value that would be changed
 */
export function encodeMsgpack(value: unknown, what: string): Uint8Array {
  const data = taggedAs("msgpack", value, what, (bytes) => bytes);
  try {
    return msgpackr().pack(plain(data, what));
  } catch (error) {
    if (error instanceof SerializationError) throw error;
    const reason =
      error instanceof RangeError
        ? "it holds itself, or is nested too deep"
        : error instanceof Error
          ? error.message
          : String(error);
    throw new SerializationError(`${what} cannot be kept as msgpack: ${reason}`, { cause: error });
  }
}

/** Reads what `encodeMsgpack` made. @throws what msgpackr throws for broken bytes */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  return untagged(msgpackr().unpack(bytes));
}

/** Data with nothing in it that msgpackr has a way of its own for, or that UTF-8 has none for. */
function plain(value: unknown, what: string): unknown {
  if (typeof value === "string") return wellFormed(value, what);
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return (value as unknown[]).map((item) => plain(item, what));
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return plain(JSON.parse(JSON.stringify(value) ?? "null"), what);
  }
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([wellFormed(name, what), plain(item, what)]);
  }
  // msgpackr reads this name as another.
  return Object.hasOwn(value, "__proto__") ? tag("object", entries) : Object.fromEntries(entries);
}

const HALF_CHARACTER = /\p{Surrogate}/u;

function wellFormed(text: string, what: string): string {
  if (!HALF_CHARACTER.test(text)) return text;
  throw new SerializationError(
    `${what} cannot be kept as msgpack: it holds text with half of a character (${show(text.slice(0, 40))}); use "json", which keeps it`,
  );
}
