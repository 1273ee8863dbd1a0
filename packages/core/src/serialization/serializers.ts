/**
 * Serializers by name. One rule: what is read is found by the content type that stands on it, and reading never runs code
 * that a message brings.
 */
import { OptionError } from "../errors.ts";
import { show } from "../show.ts";
import { didYouMean } from "../suggest.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { decodeMsgpack, encodeMsgpack } from "./msgpack.ts";

/** How values are written, and read again. */
export interface Serializer {
  /** Stands on everything that it writes, such as `application/cbor`. */
  readonly contentType: string;
  /** Writes a value: a result, or `[arguments, arguments by name]`. What it throws refuses the value. */
  encode(value: unknown): Uint8Array | string;
  /** Reads what `encode` wrote; text comes as its UTF-8. */
  decode(bytes: Buffer): unknown;
}

/** A serializer that can say in its messages what it writes. */
export interface NamedSerializer {
  readonly name: string;
  readonly contentType: string;
  encode(value: unknown, what: string): Uint8Array | string;
  decode(bytes: Buffer): unknown;
}

const JSON_SERIALIZER: NamedSerializer = {
  name: "json",
  contentType: "application/json",
  encode: encodeJson,
  decode: (bytes) => decodeJson(bytes.toString()),
};

const MSGPACK_SERIALIZER: NamedSerializer = {
  name: "msgpack",
  contentType: "application/x-msgpack",
  encode: encodeMsgpack,
  decode: decodeMsgpack,
};

const OWN: readonly NamedSerializer[] = [JSON_SERIALIZER, MSGPACK_SERIALIZER];

const byName = new Map<string, NamedSerializer>(OWN.map((serializer) => [serializer.name, serializer]));

/** Celery's that are not taken, each with its reason. */
const REFUSED: Readonly<Record<string, string>> = {
  pickle: "reading it would run code that a message brings",
  yaml: "it can name classes to be made when it is read",
};

/** Says why there is no serializer of a name, for those that Celery has and this will never have. */
export function reasonAgainst(name: string): string | undefined {
  return Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
}

/** Says what is wanted instead of a serializer that is refused. */
export function refusedSerializer(name: unknown): string | undefined {
  const reason = typeof name === "string" ? reasonAgainst(name) : undefined;
  return reason === undefined ? undefined : `another serializer, such as "json": ${reason}`;
}

const CONTENT_TYPE = /^[a-z0-9][\w.+-]*\/[\w.+-]+$/i;

/**
 * Lets values be written by a serializer of your own, in every App of this process. Who reads must register it, too, and
 * name it in `acceptContent`. Of two with one name, as a module that is loaded twice has them, the later counts.
 * @throws OptionError for a name or content type that is taken or refused, and for what is no serializer
 *
 * ```ts
 * registerSerializer("cbor", { contentType: "application/cbor", encode, decode });
 * ```
 */
export function registerSerializer(name: string, serializer: Serializer): void {
  if (typeof name !== "string" || name === "") {
    throw new OptionError(`\`registerSerializer\` needs a name as text that is not empty; got ${show(name)}`);
  }
  const reason = reasonAgainst(name);
  if (reason !== undefined) throw new OptionError(`a serializer cannot be called "${name}": ${reason}; use "json"`);
  const { contentType, encode, decode } = requireSerializerShape(name, serializer);
  if (OWN.some((own) => own.name === name)) {
    throw new OptionError(`the serializer "${name}" is built in; give yours another name`);
  }
  const owner = serializerOfType(contentType)?.name ?? name;
  if (owner !== name) {
    throw new OptionError(
      `the content type "${contentType}" of serializer "${name}" is that of "${owner}"; give yours one of its own`,
    );
  }
  byName.set(name, {
    name,
    contentType,
    encode: (value) => encode.call(serializer, value),
    decode: (bytes) => decode.call(serializer, bytes),
  });
}

function requireSerializerShape(name: string, serializer: unknown): Serializer {
  const given: Partial<Serializer> = typeof serializer === "object" && serializer !== null ? serializer : {};
  const { contentType, encode, decode } = given;
  if (typeof encode !== "function" || typeof decode !== "function") {
    throw new OptionError(
      `serializer "${name}" must have \`contentType\`, \`encode\` and \`decode\`; got ${show(serializer)}`,
    );
  }
  if (typeof contentType !== "string" || !CONTENT_TYPE.test(contentType)) {
    throw new OptionError(
      `\`contentType\` of serializer "${name}" must be like "application/cbor"; got ${show(contentType)}`,
    );
  }
  return { contentType, encode, decode };
}

/** Gives a serializer by name. @throws OptionError with the nearest name */
export function serializerNamed(name: string): NamedSerializer {
  const serializer = byName.get(name);
  if (serializer !== undefined) return serializer;
  const names = [...byName.keys()];
  throw new OptionError(
    `there is no serializer "${name}"${didYouMean(name, names)}; there are ${names.join(", ")}; others are made known by \`registerSerializer\``,
  );
}

/** Gives the serializer of a content type, if one is known here. */
export function serializerOfType(contentType: string): NamedSerializer | undefined {
  for (const serializer of byName.values()) if (serializer.contentType === contentType) return serializer;
  return undefined;
}
