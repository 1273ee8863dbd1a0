/**
 * How deep signatures are nested, and copies of them. One rule: nothing here stands on the stack for each level, as
 * JSON.stringify and structuredClone do.
 */
import { type Deep, runDeep } from "../deep.ts";
import { InvalidSignatureError } from "../errors.ts";
import type { SignatureOptions } from "../options.ts";
import type { GroupData, SignatureData } from "./data.ts";

/**
 * How deep signatures may be nested in JSON. A level takes up to three levels of JSON, and JSON.stringify ends at about
 * 4,000 with the stack that Node gives (measured on Node 20). Steps of a chain and calls of `pipe` do not nest, and a
 * chord and its header are one level.
 */
export const MOST_NESTED = 1000;

/** Gives a signature that can be written as JSON. @throws InvalidSignatureError for one that is nested too deep */
export function requireWritable(data: SignatureData): SignatureData {
  const depth = nestingOf(data);
  if (depth <= MOST_NESTED) return data;
  throw new InvalidSignatureError(
    `signatures are nested ${depth} deep, and JSON can hold ${MOST_NESTED}; it can still be run as it is`,
  );
}

/** How deep signatures are nested in one another; 0 for one that holds no other. */
export function nestingOf(data: SignatureData): number {
  let deepest = -1;
  let level: SignatureData[] = [data];
  while (level.length > 0) {
    deepest += 1;
    const below: SignatureData[] = [];
    for (const one of level) addParts(one, below);
    level = below;
  }
  return deepest;
}

function addParts(data: SignatureData, parts: SignatureData[]): void {
  for (const link of data.options?.link ?? []) parts.push(link);
  for (const errback of data.options?.linkError ?? []) parts.push(errback);
  switch (data.kind) {
    case "chain":
      for (const step of data.steps) parts.push(step);
      break;
    case "group":
      for (const member of data.members) parts.push(member);
      break;
    case "chord":
      addParts(data.header, parts);
      parts.push(data.body);
      break;
    case "each":
      parts.push(data.member);
      break;
    default:
  }
}

/** A copy that shares nothing that could be changed. */
export function copySignature(data: SignatureData): SignatureData {
  return runDeep(copy(data));
}

type Copying<Value> = Generator<Deep<SignatureData>, Value, SignatureData>;

function* copy(data: SignatureData): Deep<SignatureData> {
  switch (data.kind) {
    case "chain": {
      const { steps, options, ...plain } = data;
      return { ...data, ...structuredClone(plain), steps: yield* copyEach(steps), ...(yield* copyOptions(options)) };
    }
    case "group":
      return yield* copyGroup(data);
    case "chord": {
      const { header, body, options, ...plain } = data;
      return {
        ...data,
        ...structuredClone(plain),
        header: yield* copyGroup(header),
        body: yield copy(body),
        ...(yield* copyOptions(options)),
      };
    }
    case "each": {
      const { member, options, ...plain } = data;
      return { ...data, ...structuredClone(plain), member: yield copy(member), ...(yield* copyOptions(options)) };
    }
    default: {
      const { options, ...plain } = data;
      return { ...data, ...structuredClone(plain), ...(yield* copyOptions(options)) };
    }
  }
}

function* copyGroup(data: GroupData): Copying<GroupData> {
  const { members, options, ...plain } = data;
  return { ...data, ...structuredClone(plain), members: yield* copyEach(members), ...(yield* copyOptions(options)) };
}

function* copyEach(list: readonly SignatureData[]): Copying<SignatureData[]> {
  const copies: SignatureData[] = [];
  for (const data of list) copies.push(yield copy(data));
  return copies;
}

function* copyOptions(options: SignatureOptions | undefined): Copying<{ readonly options?: SignatureOptions }> {
  if (options === undefined) return {};
  const { link, linkError, ...plain } = options;
  return {
    options: {
      ...structuredClone(plain),
      ...(link === undefined ? {} : { link: yield* copyEach(link) }),
      ...(linkError === undefined ? {} : { linkError: yield* copyEach(linkError) }),
    },
  };
}
