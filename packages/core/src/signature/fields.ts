/** Reading the fields of a signature's JSON. One rule: each reader gives a right value or an error that names the place. */
import type { Deep } from "../deep.ts";
import { InvalidSignatureError, OptionError } from "../errors.ts";
import { normalizeOptions, type SignatureOptions } from "../options.ts";
import { showBriefly as show } from "../show.ts";
import type { GroupData, SignatureData } from "./data.ts";

/** An object's fields, not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a signature that stands in another one. A group as a chord's header is no level of its own. */
export type SignatureReader = (json: unknown, place: string, isHeader?: boolean) => Deep<SignatureData>;

/** Reads something that signatures may stand in. */
export type Reading<Value> = Generator<Deep<SignatureData>, Value, SignatureData>;

/** What all kinds of signatures share. */
export interface CommonFields {
  args?: readonly unknown[];
  kwargs?: Readonly<Record<string, unknown>>;
  options?: SignatureOptions;
  immutable?: true;
}

/** Reads what all kinds share; what says nothing is left out. */
export function* readCommon(fields: Fields, place: string, read: SignatureReader): Reading<CommonFields> {
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
    const options = yield* readOptions(fields.options, join(place, "options"), read);
    if (Object.keys(options).length > 0) common.options = options;
  }
  if (fields.immutable === true) common.immutable = true;
  else if (fields.immutable !== undefined && fields.immutable !== false) {
    fail(join(place, "immutable"), `must be true or false; got ${show(fields.immutable)}`);
  }
  return common;
}

function* readOptions(value: unknown, place: string, read: SignatureReader): Reading<SignatureOptions> {
  if (!isRecord(value)) return fail(place, `must be an object; got ${show(value)}`);
  const { link, linkError, ...plain } = value;
  return {
    ...optionsIn(place, plain),
    ...(link === undefined ? {} : { link: yield* readEach(asList(link), join(place, "link"), read) }),
    ...(linkError === undefined
      ? {}
      : { linkError: yield* readEach(asList(linkError), join(place, "linkError"), read) }),
  };
}

/** Reads options that hold no signatures. */
export function optionsIn(place: string, plain: Fields): SignatureOptions {
  try {
    return normalizeOptions(plain);
  } catch (error) {
    if (error instanceof OptionError) fail(place, error.message);
    throw error;
  }
}

/** Reads a chord's header: a group, or a list of signatures. */
export function* readHeader(value: unknown, place: string, read: SignatureReader): Reading<GroupData> {
  if (Array.isArray(value)) return { kind: "group", members: yield* readEach(value, place, read) };
  const header = yield read(value, place, true);
  return header.kind === "group" ? header : { kind: "group", members: [header] };
}

/** Reads a list of signatures. */
export function* readEach(value: unknown, place: string, read: SignatureReader): Reading<SignatureData[]> {
  const signatures: SignatureData[] = [];
  for (const [index, item] of readList(value, place).entries()) {
    signatures.push(yield read(item, `${place}[${index}]`));
  }
  return signatures;
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

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names a field of what stands at `place`. */
export function join(place: string, field: string): string {
  return place === "" ? field : `${place}.${field}`;
}

/** @throws InvalidSignatureError always */
export function fail(place: string, problem: string): never {
  throw new InvalidSignatureError(place === "" ? problem : `\`${shortened(place)}\` of a signature: ${problem}`);
}

/** A place deep inside is shown by its two ends. */
function shortened(place: string): string {
  return place.length > MOST_PLACE ? `${place.slice(0, MOST_PLACE / 2)}…${place.slice(-MOST_PLACE / 2)}` : place;
}

/** The longest place that a message shows whole. */
const MOST_PLACE = 200;

function asList(value: unknown): unknown {
  return Array.isArray(value) ? value : [value];
}
