/**
 * Signatures from JSON: ours, told by `kind`, and Celery's own, told by `task`. One rule: what comes in is unknown, and
 * what goes out is right in every field, or an error names the place.
 */
import { type Deep, runDeep } from "../deep.ts";
import { InvalidSignatureError } from "../errors.ts";
import { decodeJson } from "../serialization/json.ts";
import { untaggedCopy } from "../serialization/tagged.ts";
import { showBriefly as show } from "../show.ts";
import { celerySignature } from "./celery-json.ts";
import type { SignatureData } from "./data.ts";
import {
  type Fields,
  fail,
  isRecord,
  join,
  readCommon,
  readCount,
  readEach,
  readHeader,
  readList,
  type SignatureReader,
} from "./fields.ts";
import { MOST_NESTED } from "./nesting.ts";

/**
 * Reads a signature from data, from JSON text, or from a signature.
 * @throws InvalidSignatureError with the place, such as `steps[2].task`
 */
export function parseSignature(json: unknown): SignatureData {
  if (typeof json !== "string") return runDeep(readSignature(untaggedCopy(json), "", 0));
  let parsed: unknown;
  try {
    parsed = decodeJson(json);
  } catch (error) {
    throw new InvalidSignatureError(
      `a signature's JSON cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
  return runDeep(readSignature(parsed, "", 0));
}

/** `place` is where it stands in the whole, for messages. */
function* readSignature(json: unknown, place: string, depth: number): Deep<SignatureData> {
  if (depth > MOST_NESTED) fail("", `signatures are nested more than ${MOST_NESTED} deep, the most that JSON can hold`);
  const value = hasToJson(json) ? untaggedCopy(json.toJSON()) : json;
  if (!isRecord(value)) return fail(place, `a signature must be an object; got ${show(value)}`);
  const read: SignatureReader = (inner, innerPlace, isHeader) =>
    readSignature(inner, innerPlace, isHeader && isGroupJson(inner) ? depth : depth + 1);
  return yield* "task" in value && !("kind" in value)
    ? celerySignature(value, place, read)
    : readOwn(value, place, read);
}

function isGroupJson(json: unknown): boolean {
  return isRecord(json) && (json.kind === "group" || json.task === "celery.group");
}

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

function* readOwn(fields: Fields, place: string, read: SignatureReader): Deep<SignatureData> {
  const { kind } = fields;
  if (!isKind(kind))
    return fail(join(place, "kind"), `must be one of ${Object.keys(KIND_FIELDS).join(", ")}; got ${show(kind)}`);
  for (const name of Object.keys(fields)) {
    if (!COMMON_FIELDS.includes(name) && !KIND_FIELDS[kind].includes(name)) {
      fail(join(place, name), `a ${kind} has no such field`);
    }
  }
  const common = yield* readCommon(fields, place, read);
  switch (kind) {
    case "task":
      return { kind, task: readTaskName(fields, place), ...common };
    case "chain":
      return { kind, steps: yield* readEach(fields.steps, join(place, "steps"), read), ...common };
    case "group":
      return {
        kind,
        members: yield* readEach(fields.members, join(place, "members"), read),
        ...(fields.unroll === true ? { unroll: true } : {}),
        ...common,
      };
    case "chord":
      return {
        kind,
        header: yield* readHeader(fields.header, join(place, "header"), read),
        body: yield read(fields.body, join(place, "body")),
        ...common,
      };
    case "map":
    case "starmap":
      return {
        kind,
        task: readTaskName(fields, place),
        items: readList(fields.items, join(place, "items")),
        ...common,
      };
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
        member: yield read(fields.member, join(place, "member")),
        ...(fields.limit === undefined ? {} : { limit: readCount(fields.limit, join(place, "limit")) }),
        ...common,
      };
  }
}

function readTaskName(fields: Fields, place: string): string {
  const { task } = fields;
  return typeof task === "string" && task !== ""
    ? task
    : fail(join(place, "task"), `must be a task's name; got ${show(task)}`);
}

function isKind(value: unknown): value is SignatureData["kind"] {
  return typeof value === "string" && Object.hasOwn(KIND_FIELDS, value);
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return isRecord(value) && typeof value.toJSON === "function";
}
