/**
 * What goes over the wire besides plain JSON: arguments and results that a serializer or a compression has packed. One
 * rule: each stands with its content type, and is read only if the reader's settings name that.
 *
 * Packed, a value is text: `content type;compression;base64`. JSON and text are what everything is stored in.
 */
import {
  ArgumentsTooLargeError,
  ContentDisallowed,
  DecodeError,
  OptionError,
  SerializationError,
  UmbelError,
} from "../errors.ts";
import type { SignatureOptions } from "../options.ts";
import { SETTINGS, type Settings } from "../settings.ts";
import { type Compression, compress, compressionNames, decompress, isCompression } from "./compression.ts";
import { isError } from "./error.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { type NamedSerializer, serializerNamed, serializerOfType } from "./serializers.ts";
import { packedTag } from "./tagged.ts";

/** The settings that say how values go over the wire. */
export type ContentSettings = Readonly<
  Pick<
    Settings,
    | "taskSerializer"
    | "taskCompression"
    | "resultSerializer"
    | "resultCompression"
    | "acceptContent"
    | "resultAcceptContent"
    | "compressionMinBytes"
    | "maxArgumentBytes"
    | "maxResultBytes"
  >
>;

/** Gives of all settings those that say how values go over the wire, as a plain object. */
export function contentSettingsOf(settings: ContentSettings): ContentSettings {
  const { taskSerializer, taskCompression, resultSerializer, resultCompression } = settings;
  const { acceptContent, resultAcceptContent, compressionMinBytes, maxArgumentBytes, maxResultBytes } = settings;
  return {
    taskSerializer,
    taskCompression,
    resultSerializer,
    resultCompression,
    acceptContent,
    resultAcceptContent,
    compressionMinBytes,
    maxArgumentBytes,
    maxResultBytes,
  };
}

/** The arguments of a call. */
export interface CallArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Arguments as they are stored: plain, with tags for what JSON has no word for, or packed. */
export type StoredArguments = CallArguments | { readonly packed: string };

/** Names an argument for messages. */
export type ArgumentNames = (position: number) => string | undefined;

const NO_NAMES: ArgumentNames = () => undefined;

const BY_DEFAULT: ContentSettings = {
  taskSerializer: SETTINGS.taskSerializer.default,
  taskCompression: SETTINGS.taskCompression.default,
  resultSerializer: SETTINGS.resultSerializer.default,
  resultCompression: SETTINGS.resultCompression.default,
  acceptContent: SETTINGS.acceptContent.default,
  resultAcceptContent: SETTINGS.resultAcceptContent.default,
  compressionMinBytes: SETTINGS.compressionMinBytes.default,
  maxArgumentBytes: SETTINGS.maxArgumentBytes.default,
  maxResultBytes: SETTINGS.maxResultBytes.default,
};

const JSON_TYPE = "application/json";

/** Writes and reads values for one App. */
export class Content {
  readonly #settings: () => ContentSettings;

  /** @param settings gives the settings of now; they are asked for with each value */
  constructor(settings: () => ContentSettings = () => BY_DEFAULT) {
    this.#settings = settings;
  }

  /** Whether calls that say nothing themselves go as plain JSON. */
  get sendsPlain(): boolean {
    const { taskSerializer, taskCompression } = this.#settings();
    return taskSerializer === "json" && taskCompression === undefined;
  }

  /** Whether arguments are read that go as plain JSON. */
  get acceptsPlain(): boolean {
    return accepts(this.#settings().acceptContent, "json", JSON_TYPE);
  }

  /** The longest arguments of a call, bytes. */
  get maxArgumentBytes(): number {
    return this.#settings().maxArgumentBytes;
  }

  /**
   * Gives arguments as they are stored, which nobody else can change.
   * @param nameOf names the arguments by position
   * @throws SerializationError, ArgumentsTooLargeError
   */
  writeArguments(
    task: string,
    { args, kwargs }: CallArguments,
    options: SignatureOptions,
    nameOf: ArgumentNames = NO_NAMES,
  ): StoredArguments {
    const settings = this.#settings();
    const serializer = serializerNamed(options.serializer ?? settings.taskSerializer);
    const compression = compressionOf(options.compression ?? settings.taskCompression);
    const requireSize = (sizeBytes: number): void =>
      requireFit(task, { args, kwargs }, sizeBytes, settings.maxArgumentBytes, nameOf, serializer);
    const isEmpty = args.length === 0 && Object.keys(kwargs).length === 0;
    if (!isEmpty && serializer.contentType !== JSON_TYPE) {
      const bytes = serialize(serializer, [args, kwargs], `the list of arguments of task "${task}"`);
      requireSize(bytes.byteLength);
      return { packed: pack(serializer.contentType, bytes, compression, settings.compressionMinBytes) };
    }
    const argsText = encodeJson(args, `the list of arguments of task "${task}"`);
    const kwargsText = encodeJson(kwargs, `the named arguments of task "${task}"`);
    const sizeBytes =
      byteLength(argsText, settings.maxArgumentBytes) + byteLength(kwargsText, settings.maxArgumentBytes);
    requireSize(sizeBytes);
    if (!isEmpty && compression !== undefined && sizeBytes >= settings.compressionMinBytes) {
      const whole = `[${argsText},${kwargsText}]`;
      const packed = pack(JSON_TYPE, Buffer.from(whole), compression, 0);
      if (packed.length < whole.length) return { packed };
    }
    return { args: JSON.parse(argsText) as unknown[], kwargs: JSON.parse(kwargsText) as Record<string, unknown> };
  }

  /** @throws ContentDisallowed where plain JSON is not accepted */
  requirePlainAccepted(task: string): void {
    const { acceptContent } = this.#settings();
    if (!accepts(acceptContent, "json", JSON_TYPE))
      throw disallowed(`the arguments of task "${task}"`, JSON_TYPE, acceptContent, "acceptContent");
  }

  /** Gives the arguments that were packed. @throws ContentDisallowed, DecodeError */
  readArguments(task: string, packed: string): CallArguments {
    const settings = this.#settings();
    const what = `the arguments of task "${task}"`;
    const mostBytes = Math.max(settings.maxArgumentBytes, settings.maxResultBytes);
    const value = unpack(packed, what, settings.acceptContent, "acceptContent", mostBytes);
    const [args, kwargs] = Array.isArray(value) ? (value as unknown[]) : [];
    if (Array.isArray(args) && typeof kwargs === "object" && kwargs !== null) {
      return { args: args as unknown[], kwargs: kwargs as Record<string, unknown> };
    }
    throw new DecodeError(`${what} cannot be read: their serializer gave something other than \`[arguments, named]\``);
  }

  /**
   * Gives a result as JSON text, in which it may stand packed, and its length in bytes before that.
   * @throws SerializationError
   */
  writeResult(value: unknown, what: string): { readonly text: string; readonly sizeBytes?: number } {
    const { resultSerializer, resultCompression, compressionMinBytes } = this.#settings();
    if (resultSerializer === "json" && resultCompression === undefined) return { text: encodeJson(value, what) };
    const serializer = serializerNamed(resultSerializer);
    const compression = compressionOf(resultCompression);
    if (serializer.contentType !== JSON_TYPE) {
      const bytes = serialize(serializer, value, what);
      const packed = pack(serializer.contentType, bytes, compression, compressionMinBytes);
      return { text: JSON.stringify(packedTag(packed)), sizeBytes: bytes.byteLength };
    }
    const text = encodeJson(value, what);
    const bytes = Buffer.from(text);
    if (compression === undefined || bytes.byteLength < compressionMinBytes) return { text };
    const packed = JSON.stringify(packedTag(pack(JSON_TYPE, bytes, compression, 0)));
    return { text: packed.length < text.length ? packed : text, sizeBytes: bytes.byteLength };
  }

  /** Reads JSON text of a result, or of a list of results. @throws ContentDisallowed, DecodeError for what is packed in it */
  readonly readResult = (text: string): unknown => decodeJson(text, this.#unpackResult);

  readonly #unpackResult = (packed: string): unknown => {
    const { resultAcceptContent, acceptContent, maxArgumentBytes, maxResultBytes } = this.#settings();
    const [accepted, setting] =
      resultAcceptContent === undefined
        ? ([acceptContent, "acceptContent"] as const)
        : ([resultAcceptContent, "resultAcceptContent"] as const);
    return unpack(packed, "a result", accepted, setting, Math.max(maxArgumentBytes, maxResultBytes));
  };
}

/** Refuses a serializer that there is none of. @throws OptionError with the nearest name */
export function requireSerializer(name: string): void {
  serializerNamed(name);
}

/** Says what packed arguments are, for people who do not need them: `msgpack, gzip, 120 bytes`. */
export function describePacked(packed: string): string {
  const { contentType, coding, base64 } = partsOf(packed);
  const bytes = Math.floor((base64.length * 3) / 4);
  return [
    serializerOfType(contentType)?.name ?? contentType,
    ...(coding === "" ? [] : [coding]),
    `${bytes} bytes`,
  ].join(", ");
}

function compressionOf(name: string | undefined): Compression | undefined {
  if (name === undefined || isCompression(name)) return name;
  throw new OptionError(`there is no compression "${name}"; there are ${compressionNames.join(", ")}`);
}

/** Without counting where it cannot matter: no character has more than three bytes. */
function byteLength(text: string, mostBytes: number): number {
  return text.length * 3 <= mostBytes ? text.length : Buffer.byteLength(text);
}

function requireFit(
  task: string,
  { args, kwargs }: CallArguments,
  bytes: number,
  mostBytes: number,
  nameOf: ArgumentNames,
  serializer: NamedSerializer,
): void {
  if (bytes <= mostBytes) return;
  const sizeOf = (value: unknown): number => serialize(serializer, value, "an argument").byteLength;
  const sizes = [
    ...args.map((value, position) => [nameOf(position) ?? `argument ${position + 1}`, sizeOf(value)] as const),
    ...Object.entries(kwargs).map(([name, value]) => [name, sizeOf(value)] as const),
  ];
  const [name, size] = sizes.reduce((largest, each) => (each[1] > largest[1] ? each : largest), ["", 0]);
  throw new ArgumentsTooLargeError(
    `the arguments of task "${task}" have ${bytes} bytes, more than \`maxArgumentBytes\` (${mostBytes}); the largest is \`${name}\` (${size} bytes as ${serializer.name}): store it elsewhere and send where it is`,
  );
}

function serialize(serializer: NamedSerializer, value: unknown, what: string): Buffer {
  let written: unknown;
  try {
    written = serializer.encode(value, what);
  } catch (error) {
    if (error instanceof UmbelError) throw error;
    throw new SerializationError(`${what} cannot be kept by serializer "${serializer.name}": ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (typeof written === "string") return Buffer.from(written);
  if (written instanceof Uint8Array) return Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  throw new SerializationError(
    `${what} cannot be kept by serializer "${serializer.name}": its \`encode\` gave neither text nor bytes`,
  );
}

/** @param minBytes how many bytes are worth compressing */
function pack(contentType: string, bytes: Buffer, compression: Compression | undefined, minBytes: number): string {
  const small = compression === undefined || bytes.byteLength < minBytes ? undefined : compress(compression, bytes);
  if (small === undefined || small.byteLength >= bytes.byteLength) return `${contentType};;${bytes.toString("base64")}`;
  return `${contentType};${compression};${small.toString("base64")}`;
}

interface PackedParts {
  readonly contentType: string;
  readonly coding: string;
  readonly base64: string;
}

function partsOf(packed: string): PackedParts {
  const [contentType = "", coding = "", base64 = ""] = packed.split(";");
  return { contentType, coding, base64 };
}

function unpack(
  packed: string,
  what: string,
  accepted: readonly string[],
  setting: string,
  mostBytes: number,
): unknown {
  const { contentType, coding, base64 } = partsOf(packed);
  const serializer = serializerOfType(contentType);
  if (!accepts(accepted, serializer?.name, contentType)) throw disallowed(what, contentType, accepted, setting);
  if (serializer === undefined) {
    throw new DecodeError(
      `${what}: no serializer of content type ${contentType} is known here; call \`registerSerializer\` as whoever sent it did`,
    );
  }
  let bytes = Buffer.from(base64, "base64");
  if (coding !== "") bytes = unpress(coding, bytes, what, mostBytes);
  try {
    return serializer.decode(bytes);
  } catch (error) {
    if (error instanceof UmbelError) throw error;
    throw new DecodeError(`${what} cannot be read as ${contentType}: ${messageOf(error)}`, { cause: error });
  }
}

function unpress(coding: string, bytes: Buffer, what: string, mostBytes: number): Buffer<ArrayBuffer> {
  if (!isCompression(coding)) {
    throw new DecodeError(
      `${what}: the compression "${coding}" is not known here; there are ${compressionNames.join(", ")}`,
    );
  }
  try {
    return Buffer.from(decompress(coding, bytes, mostBytes));
  } catch (error) {
    const reason = isBeyondLimit(error)
      ? `they have more than ${mostBytes} bytes, which neither \`maxArgumentBytes\` nor \`maxResultBytes\` allows`
      : messageOf(error);
    throw new DecodeError(`${what}: the ${coding} bytes cannot be decompressed: ${reason}`, { cause: error });
  }
}

function isBeyondLimit(error: unknown): boolean {
  return isError(error) && Reflect.get(error, "code") === "ERR_BUFFER_TOO_LARGE";
}

function accepts(accepted: readonly string[], name: string | undefined, contentType: string): boolean {
  return accepted.includes(contentType) || (name !== undefined && accepted.includes(name));
}

function disallowed(
  what: string,
  contentType: string,
  accepted: readonly string[],
  setting: string,
): ContentDisallowed {
  const name = serializerOfType(contentType)?.name;
  const named = name === undefined ? "" : ` ("${name}")`;
  const list = accepted.length === 0 ? "nothing" : accepted.map((each) => `"${each}"`).join(", ");
  return new ContentDisallowed(
    `the content type ${contentType}${named} of ${what} is not accepted: \`${setting}\` names ${list}; add it there where it is read, and resume the run: nothing of it is lost`,
  );
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
