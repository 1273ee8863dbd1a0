/**
 * Celery's own signature JSON. One rule: every form that Celery writes is read with the meaning it has there; an option
 * that has no counterpart is refused, but for those that Celery adds on sending.
 */
import type { Deep } from "../deep.ts";
import type { SignatureOptions } from "../options.ts";
import type { SignatureData } from "./data.ts";
import {
  type Fields,
  fail,
  isRecord,
  join,
  optionsIn,
  type Reading,
  readCommon,
  readCount,
  readEach,
  readHeader,
  readList,
  type SignatureReader,
} from "./fields.ts";

/** Celery's name of each option we keep. */
const OPTION_NAMES: ReadonlyMap<string, keyof SignatureOptions> = new Map([
  ["task_id", "taskId"],
  ["queue", "queue"],
  ["routing_key", "queue"],
  ["priority", "priority"],
  ["countdown", "countdown"],
  ["eta", "eta"],
  ["expires", "expires"],
  ["time_limit", "timeLimit"],
  ["soft_time_limit", "softTimeLimit"],
  ["ignore_result", "ignoreResult"],
  ["serializer", "serializer"],
  ["compression", "compression"],
  ["headers", "headers"],
  ["shadow", "shadow"],
]);

/** What Celery notes for itself when it sends or copies a signature; the graph says all of it anew. */
const INTERNAL_OPTIONS: ReadonlySet<string> = new Set([
  "root_id",
  "parent_id",
  "group_id",
  "group_index",
  "chord",
  "reply_to",
  "chain",
  "origin",
  "immutable",
]);

/** Reads a signature in Celery's form: `{task, args, kwargs, options, subtask_type, immutable}`. */
export function* celerySignature(fields: Fields, place: string, read: SignatureReader): Deep<SignatureData> {
  const { task, options, ...rest } = fields;
  if (typeof task !== "string" || task === "") return fail(join(place, "task"), "must be a task's name");
  const celeryOptions = yield* readCeleryOptions(options, join(place, "options"), read);
  const common = {
    ...(yield* readCommon(rest, place, read)),
    ...(Object.keys(celeryOptions).length === 0 ? {} : { options: celeryOptions }),
  };
  const kwargs = isRecord(fields.kwargs) ? fields.kwargs : {};
  const kwargsPlace = join(place, "kwargs");
  // In a composite, `kwargs` hold its parts; they are not arguments.
  const { kwargs: _parts, ...composite } = common;
  switch (task) {
    case "celery.chain":
      return { kind: "chain", steps: yield* readEach(kwargs.tasks, join(kwargsPlace, "tasks"), read), ...composite };
    case "celery.group":
      return {
        kind: "group",
        members: yield* readEach(kwargs.tasks, join(kwargsPlace, "tasks"), read),
        unroll: true,
        ...composite,
      };
    case "celery.chord": {
      const header = yield* readHeader(kwargs.header, join(kwargsPlace, "header"), read);
      const body = yield read(kwargs.body, join(kwargsPlace, "body"));
      const chordKwargs =
        isRecord(kwargs.kwargs) && Object.keys(kwargs.kwargs).length > 0 ? { kwargs: kwargs.kwargs } : {};
      return { kind: "chord", header, body, ...composite, ...chordKwargs };
    }
    case "celery.map":
    case "celery.starmap":
    case "celery.chunks": {
      const { immutable: _always, args: _none, ...own } = composite;
      const mapped = {
        task: yield* mappedTask(kwargs.task, join(kwargsPlace, "task"), read),
        items: readList(kwargs.it, join(kwargsPlace, "it")),
      };
      if (task === "celery.chunks")
        return { kind: "chunks", ...mapped, size: readCount(kwargs.n, join(kwargsPlace, "n")), ...own };
      return { kind: task === "celery.map" ? "map" : "starmap", ...mapped, ...own };
    }
    default:
      return { kind: "task", task, ...common };
  }
}

// Celery uses only the name of a mapped signature: its stored arguments and options are ignored.
function* mappedTask(value: unknown, place: string, read: SignatureReader): Reading<string> {
  const mapped = yield read(value, place);
  return mapped.kind === "task" ? mapped.task : fail(place, "only a task can be mapped over items");
}

function* readCeleryOptions(value: unknown, place: string, read: SignatureReader): Reading<SignatureOptions> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) return fail(place, "must be an object");
  const named: Record<string, unknown> = {};
  let links: SignatureOptions = {};
  // The names of those of its options that are stamps.
  const stamped = new Set(Array.isArray(value.stamped_headers) ? (value.stamped_headers as unknown[]) : []);
  const stamps: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(value)) {
    if (stamped.has(name)) {
      stamps[name] = option;
      continue;
    }
    if (option === null || INTERNAL_OPTIONS.has(name) || name === "stamped_headers") continue;
    if (name === "link" || name === "link_error") {
      const list = yield* readEach(Array.isArray(option) ? option : [option], join(place, name), read);
      links = { ...links, [name === "link" ? "link" : "linkError"]: list };
      continue;
    }
    const own = OPTION_NAMES.get(name);
    if (own === undefined) fail(join(place, name), "this option of Celery's has no counterpart here");
    // Its zlib is what is called deflate here.
    else named[own] = own === "compression" && option === "zlib" ? "deflate" : option;
  }
  if (stamped.size > 0) named.stamps = stamps;
  return { ...optionsIn(place, named), ...links };
}
