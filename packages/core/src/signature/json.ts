/**
 * Signatures from JSON: ours, told by `kind`, and Celery's own, told by `task`. One rule: what comes in is unknown, and
 * what goes out is right in every field, or an error names the place.
 */
import { InvalidSignatureError, OptionError } from "../errors.ts";
import { normalizeOptions, type SignatureOptions } from "../options.ts";
import { celerySignature } from "./celery-json.ts";
import type { GroupData, SignatureData } from "./data.ts";

/** How deep signatures may be nested in one another. */
const MOST_NESTED = 2000;

/**
 * Reads a signature from data, from JSON text, or from a signature.
 * @throws InvalidSignatureError with the place, such as `steps[2].task`
 */
export function parseSignature(json: unknown): SignatureData {
  if (typeof json !== "string") return readSignature(json, "", 0);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new InvalidSignatureError(`a signature's JSON cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return readSignature(parsed, "", 0);
}

/** Reads one signature; `place` is where it stands in the whole, for messages. */
export function readSignature(json: unknown, place: string, depth: number): SignatureData {
  if (depth > MOST_NESTED) fail(place, `signatures are nested more than ${MOST_NESTED} deep`);
  const value = hasToJson(json) ? json.toJSON() : json;
  if (!isRecord(value)) return fail(place, `a signature must be an object; got ${show(value)}`);
  if (!("kind" in value) && "task" in value) return celerySignature(value, place, depth);
  return readOwn(value, place, depth);
}

type Fields = Readonly<Record<string, unknown>>;

const COMMON_FIELDS = ["kind", "args", "kwargs", "options", "immutable"];

/** The fields of each kind beside the common ones. */
const KIND_FIELDS: { readonly [Kind in SignatureData["kind"]]: readonly string[] } = {
  task: ["task"],
  chain: ["steps"],
  group: ["members", "unroll"],
  chord: ["header", "body"],
  map: ["task", "items"],
  starmap: ["task", "items"],
  chunks: ["task", "items", "size"],
  each: ["member", "limit"],
};

function readOwn(fields: Fields, place: string, depth: number): SignatureData {
  const { kind } = fields;
  if (!isKind(kind)) return fail(join(place, "kind"), `must be one of ${Object.keys(KIND_FIELDS).join(", ")}; got ${show(kind)}`);
  for (const name of Object.keys(fields)) {
    if (!COMMON_FIELDS.includes(name) && !KIND_FIELDS[kind].includes(name)) {
      fail(join(place, name), `a ${kind} has no such field`);
    }
  }
  const common = readCommon(fields, place);
  switch (kind) {
    case "task":
      return { kind, task: readTaskName(fields, place), ...common };
    case "chain":
      return { kind, steps: readSignatures(fields.steps, join(place, "steps"), depth), ...common };
    case "group":
      return {
        kind,
        members: readSignatures(fields.members, join(place, "members"), depth),
        ...(fields.unroll === true ? { unroll: true } : {}),
        ...common,
      };
    case "chord":
      return {
        kind,
        header: readHeader(fields.header, join(place, "header"), depth),
        body: readSignature(fields.body, join(place, "body"), depth + 1),
        ...common,
      };
    case "map":
    case "starmap":
      return { kind, task: readTaskName(fields, place), items: readList(fields.items, join(place, "items")), ...common };
    case "chunks":
      return {
        kind,
        task: readTaskName(fields, place),
        items: readList(fields.items, join(place, "items")),
        size: readCount(fields.size, join(place, "size")),
        ...common,
      };
    case "each":
      return {
        kind,
        member: readSignature(fields.member, join(place, "member"), depth + 1),
        ...(fields.limit === undefined ? {} : { limit: readCount(fields.limit, join(place, "limit")) }),
        ...common,
      };
  }
}

interface CommonFields {
  args?: readonly unknown[];
  kwargs?: Readonly<Record<string, unknown>>;
  options?: SignatureOptions;
  immutable?: true;
}

/** Reads what all kinds share; what says nothing is left out. */
export function readCommon(fields: Fields, place: string): CommonFields {
  const common: CommonFields = {};
  if (fields.args !== undefined && fields.args !== null) {
    const args = readList(fields.args, join(place, "args"));
    if (args.length > 0) common.args = args;
  }
  if (fields.kwargs !== undefined && fields.kwargs !== null) {
    if (!isRecord(fields.kwargs)) fail(join(place, "kwargs"), `must be an object; got ${show(fields.kwargs)}`);
    else if (Object.keys(fields.kwargs).length > 0) common.kwargs = fields.kwargs;
  }
  if (fields.options !== undefined && fields.options !== null) {
    const options = readOptions(fields.options, join(place, "options"));
    if (Object.keys(options).length > 0) common.options = options;
  }
  if (fields.immutable === true) common.immutable = true;
  else if (fields.immutable !== undefined && fields.immutable !== false) {
    fail(join(place, "immutable"), `must be true or false; got ${show(fields.immutable)}`);
  }
  return common;
}

function readOptions(value: unknown, place: string): SignatureOptions {
  if (!isRecord(value)) return fail(place, `must be an object; got ${show(value)}`);
  const { link, linkError, ...plain } = value;
  try {
    return {
      ...normalizeOptions(plain),
      ...(link === undefined ? {} : { link: readSignatures(asList(link), join(place, "link"), 0) }),
      ...(linkError === undefined ? {} : { linkError: readSignatures(asList(linkError), join(place, "linkError"), 0) }),
    };
  } catch (error) {
    if (error instanceof OptionError) fail(place, error.message);
    throw error;
  }
}

/** Reads a chord's header: a group, or a list of signatures. */
export function readHeader(value: unknown, place: string, depth: number): GroupData {
  if (Array.isArray(value)) return { kind: "group", members: readSignatures(value, place, depth) };
  const header = readSignature(value, place, depth + 1);
  return header.kind === "group" ? header : { kind: "group", members: [header] };
}

/** Reads a list of signatures. */
export function readSignatures(value: unknown, place: string, depth: number): SignatureData[] {
  return readList(value, place).map((item, index) => readSignature(item, `${place}[${index}]`, depth + 1));
}

/** Reads a list. */
export function readList(value: unknown, place: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(place, `must be a list; got ${show(value)}`);
}

/** Reads a whole number of at least 1. */
export function readCount(value: unknown, place: string): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1
    ? value
    : fail(place, `must be a whole number of at least 1; got ${show(value)}`);
}

function readTaskName(fields: Fields, place: string): string {
  const { task } = fields;
  return typeof task === "string" && task !== "" ? task : fail(join(place, "task"), `must be a task's name; got ${show(task)}`);
}

function asList(value: unknown): unknown {
  return Array.isArray(value) ? value : [value];
}

function isKind(value: unknown): value is SignatureData["kind"] {
  return typeof value === "string" && Object.hasOwn(KIND_FIELDS, value);
}

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return isRecord(value) && typeof value.toJSON === "function";
}

/** Names a field of what stands at `place`. */
export function join(place: string, field: string): string {
  return place === "" ? field : `${place}.${field}`;
}

/** @throws InvalidSignatureError always */
export function fail(place: string, problem: string): never {
  throw new InvalidSignatureError(place === "" ? problem : `\`${place}\` of a signature: ${problem}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
