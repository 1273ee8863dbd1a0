/**
 * Stamps: what is written on calls for whoever looks at them later. One rule, Celery's: a stamp on a canvas is on every
 * task in it, and on its callbacks; of two of one name the one that comes last counts, or both where they are appended.
 */
import type { App } from "../app.ts";
import { type Deep, runDeep } from "../deep.ts";
import { InvalidSignatureError, OptionError, SerializationError } from "../errors.ts";
import type { SignatureOptions } from "../options.ts";
import { taggedJson } from "../serialization/json.ts";
import { show } from "../show.ts";
import type { GroupData, SignatureData } from "./data.ts";
import type { AnySignature } from "./types.ts";

/** Stamps by name: plain data. */
export type Stamps = Readonly<Record<string, unknown>>;

/** What a method of a visitor gives: stamps of its own, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a method that gives nothing may say so
export type VisitorStamps = Stamps | undefined | void;

/**
 * Decides on stamps while a canvas is stamped. Extend it; each method gets the signature and the stamps that come from
 * around it, and gives those that come on top.
 *
 * ```ts
 * class MonitoringId extends StampingVisitor {
 *   override onSignature() {
 *     return { monitoringId: randomUUID() };
 *   }
 * }
 * ```
 */
export abstract class StampingVisitor {
  /** For each call of a task; its stamps are that call's alone. */
  abstract onSignature(signature: AnySignature, stamps: Stamps): VisitorStamps;

  /** Before the members of a group; its stamps are all of theirs. */
  onGroupStart(_group: AnySignature, _stamps: Stamps): VisitorStamps {
    return undefined;
  }

  /** Behind the members of a group. */
  onGroupEnd(_group: AnySignature, _stamps: Stamps): void {}

  /** Before the steps of a chain; its stamps are all of theirs. */
  onChainStart(_chain: AnySignature, _stamps: Stamps): VisitorStamps {
    return undefined;
  }

  /** Behind the steps of a chain. */
  onChainEnd(_chain: AnySignature, _stamps: Stamps): void {}

  /** Before the header of a chord; its stamps are the body's, too. Unless said, as for a group. */
  onChordHeaderStart(chord: AnySignature, stamps: Stamps): VisitorStamps {
    return this.onGroupStart(chord, stamps);
  }

  /** Behind the header of a chord. Unless said, as for a group. */
  onChordHeaderEnd(chord: AnySignature, stamps: Stamps): void {
    this.onGroupEnd(chord, stamps);
  }

  /** Before the body of a chord. */
  onChordBody(_chord: AnySignature, _stamps: Stamps): VisitorStamps {
    return undefined;
  }

  /** Before each link; its stamps are that link's. */
  onCallback(_callback: AnySignature, _stamps: Stamps): VisitorStamps {
    return undefined;
  }

  /** Before each errback; its stamps are that errback's. */
  onErrback(_errback: AnySignature, _stamps: Stamps): VisitorStamps {
    return undefined;
  }
}

/** What `stamp` takes: stamps by name, and how they are put on. */
export interface StampInput {
  /** Decides on further ones. */
  visitor?: StampingVisitor;
  /** A stamp that is there already stays, and both are a list, the new one first; without it the new one takes its place. */
  appendStamps?: boolean;
  readonly [name: string]: unknown;
}

/** Reads stamps. @param what how the message names them @throws OptionError for what is no plain data */
export function readStamps(value: unknown, what: string): Stamps {
  return readPlainRecord(value, what, "stamp");
}

/** Reads what goes with a call by name. @param one how the message names each @throws OptionError for what is no plain data */
export function readPlainRecord(value: unknown, what: string, one: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OptionError(`${what} must be an object; got ${show(value)}`);
  }
  for (const [name, stamp] of Object.entries(value)) {
    if (stamp === undefined || isPlain(stamp)) continue;
    throw new OptionError(
      `${one} \`${name}\` must be plain data (null, true, numbers, strings, lists, objects); got ${show(stamp)}`,
    );
  }
  return Object.fromEntries(Object.entries(value).filter(([, stamp]) => stamp !== undefined));
}

function isPlain(value: unknown): boolean {
  if (typeof value === "object" && value !== null && "toJSON" in value) return false;
  try {
    return taggedJson(value, "it") === value;
  } catch (error) {
    if (error instanceof SerializationError) return false;
    throw error;
  }
}

/** Lays stamps on others. @param append keeps both of one name, as a list */
export function layStamps(under: Stamps | undefined, over: Stamps, append = false): Stamps {
  if (under === undefined) return over;
  const stamps: Record<string, unknown> = { ...under, ...over };
  if (!append) return stamps;
  for (const name of Object.keys(over)) {
    if (Object.hasOwn(under, name)) stamps[name] = [...asList(over[name]), ...asList(under[name])];
  }
  return stamps;
}

function asList(stamp: unknown): readonly unknown[] {
  return Array.isArray(stamp) ? (stamp as unknown[]) : [stamp];
}

/** Gives a signature with stamps on it and on all that it calls. @throws OptionError for what is no stamp or visitor */
export function stampSignature(
  data: SignatureData,
  input: StampInput,
  app: App | undefined,
  bind: Bind,
): SignatureData {
  const { visitor, appendStamps = false, ...named } = input;
  if (visitor !== undefined && !(visitor instanceof StampingVisitor)) {
    throw new OptionError(`\`visitor\` of stamp must extend StampingVisitor; got ${show(visitor)}`);
  }
  if (typeof appendStamps !== "boolean") {
    throw new OptionError(`\`appendStamps\` of stamp must be true or false; got ${show(appendStamps)}`);
  }
  const stamper = new Stamper(visitor, appendStamps, (signature) => bind(signature, app));
  return runDeep(stamper.stamp(data, readStamps(named, "what `stamp` takes")));
}

/** Makes a signature of data. */
export type Bind = (data: SignatureData, app: App | undefined) => AnySignature;

type Stamping<Value> = Generator<Deep<SignatureData>, Value, SignatureData>;

class Stamper {
  readonly #visitor: StampingVisitor | undefined;
  readonly #append: boolean;
  readonly #shown: (data: SignatureData) => AnySignature;

  constructor(visitor: StampingVisitor | undefined, append: boolean, shown: (data: SignatureData) => AnySignature) {
    this.#visitor = visitor;
    this.#append = append;
    this.#shown = shown;
  }

  *stamp(data: SignatureData, stamps: Stamps): Deep<SignatureData> {
    switch (data.kind) {
      case "chain": {
        const inside = this.#with(stamps, this.#visitor?.onChainStart(this.#shown(data), stamps));
        const steps = yield* this.#each(data.steps, inside);
        this.#visitor?.onChainEnd(this.#shown(data), inside);
        return { ...data, steps, ...(yield* this.#links(data.options, inside)) };
      }
      case "group": {
        const inside = this.#with(stamps, this.#visitor?.onGroupStart(this.#shown(data), stamps));
        const members = yield* this.#each(data.members, inside);
        this.#visitor?.onGroupEnd(this.#shown(data), inside);
        return { ...data, members, ...(yield* this.#links(data.options, inside)) };
      }
      case "chord": {
        const inside = this.#with(stamps, this.#visitor?.onChordHeaderStart(this.#shown(data), stamps));
        const header: GroupData = { ...data.header, members: yield* this.#each(data.header.members, inside) };
        this.#visitor?.onChordHeaderEnd(this.#shown(data), inside);
        const ofBody = this.#with(inside, this.#visitor?.onChordBody(this.#shown(data), inside));
        return {
          ...data,
          header,
          body: yield this.stamp(data.body, ofBody),
          ...(yield* this.#links(data.options, inside)),
        };
      }
      case "each":
        return { ...(yield* this.#call(data, stamps)), member: yield this.stamp(data.member, stamps) };
      default:
        return yield* this.#call(data, stamps);
    }
  }

  *#each(list: readonly SignatureData[], stamps: Stamps): Stamping<SignatureData[]> {
    const stamped: SignatureData[] = [];
    for (const data of list) stamped.push(yield this.stamp(data, stamps));
    return stamped;
  }

  /** A call of a task: the stamps stand in its options. */
  *#call<Data extends SignatureData>(data: Data, stamps: Stamps): Stamping<Data> {
    const own = this.#with(stamps, this.#visitor?.onSignature(this.#shown(data), stamps));
    const { options = {} } = yield* this.#links(data.options, stamps);
    const all = layStamps(options.stamps, own, this.#append);
    if (Object.keys(all).length === 0) return data;
    return { ...data, options: { ...options, stamps: all } };
  }

  /** Options with stamps on their callbacks. */
  *#links(options: SignatureOptions | undefined, stamps: Stamps): Stamping<{ readonly options?: SignatureOptions }> {
    if (options === undefined) return {};
    const { link, linkError } = options;
    if (link === undefined && linkError === undefined) return { options };
    const links: SignatureData[] = [];
    for (const callback of link ?? []) {
      links.push(
        yield this.stamp(callback, this.#with(stamps, this.#visitor?.onCallback(this.#shown(callback), stamps))),
      );
    }
    const errbacks: SignatureData[] = [];
    for (const errback of linkError ?? []) {
      errbacks.push(
        yield this.stamp(errback, this.#with(stamps, this.#visitor?.onErrback(this.#shown(errback), stamps))),
      );
    }
    return {
      options: {
        ...options,
        ...(link === undefined ? {} : { link: links }),
        ...(linkError === undefined ? {} : { linkError: errbacks }),
      },
    };
  }

  #with(stamps: Stamps, more: VisitorStamps): Stamps {
    if (more === undefined) return stamps;
    if (typeof more === "object" && "then" in more) {
      throw new InvalidSignatureError("a StampingVisitor must not be asynchronous: a signature is stamped at once");
    }
    return layStamps(stamps, readStamps(more, "what a StampingVisitor gives"));
  }
}
