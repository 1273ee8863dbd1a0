/**
 * A task call as a value: the object behind every signature type. One rule: it is inert and immutable; every method
 * gives a new signature, and only `delay`, `applyAsync` and `apply` reach an engine of the app it is bound to.
 */
import type { App } from "../app.ts";
import { readCall } from "../apply-options.ts";
import { submit, submitEagerly } from "../eager.ts";
import type { ApplyOptions } from "../engine.ts";
import { ImproperlyConfigured, InvalidSignatureError } from "../errors.ts";
import { type CallOptions, mergeOptions, normalizeOptions } from "../options.ts";
import type { AsyncResult } from "../result.ts";
import { taggedJson } from "../serialization/json.ts";
import type { Submission } from "../submission.ts";
import type { SignatureData } from "./data.ts";
import { parseSignature } from "./json.ts";
import { requireGroup, type Skew, skewGroup } from "./members.ts";
import { copySignature, requireWritable } from "./nesting.ts";
import { type StampInput, stampSignature } from "./stamps.ts";
import { signatureText } from "./text.ts";
import type { AnySignature, Signature as TypedSignature } from "./types.ts";

/** The one class behind `Signature` and `GroupSignature`, which are types. */
export class SignatureObject {
  readonly data: SignatureData;
  readonly #app: App | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: one class stands behind every signature type, so it must fit each
  declare readonly "~in": (args: any) => void;
  declare readonly "~out": unknown;
  declare readonly "~next": unknown;
  declare readonly "~kind": "one";

  constructor(data: SignatureData, app: App | undefined) {
    this.data = data;
    this.#app = app;
  }

  /** The app whose engine runs it; `undefined` for a signature made from JSON and not bound yet. */
  get app(): App | undefined {
    return this.#app;
  }

  /** Sends it with these arguments in front of the stored ones. @throws ImproperlyConfigured when it is bound to no app */
  delay(...args: readonly unknown[]): Submission<AsyncResult> {
    return this.applyAsync(args);
  }

  /** Sends it with arguments and options; the options win over stored ones. */
  applyAsync(args: readonly unknown[] = [], options: ApplyOptions = {}): Submission<AsyncResult> {
    const { request, producer } = readCall(args, options);
    return submit(this.#requireApp(), { signature: this.data, ...request }, producer);
  }

  /**
   * Runs it here and now, in this process and without a broker, and gives its result when all of it has ended. Waits for
   * nothing: what has a countdown, an ETA or a retry to come runs at once, in that order.
   */
  async apply(args: readonly unknown[] = [], options: ApplyOptions = {}): Promise<AsyncResult> {
    const { request } = readCall(args, options);
    return await submitEagerly(this.#requireApp(), { ...request, signature: this.data });
  }

  /** A chain of this and `next`; chains are flat, however long. */
  pipe(next: AnySignature): SignatureObject {
    return new SignatureObject(chainData([this.data, next.data]), this.#app ?? next.app);
  }

  /** The same with these options laid over the stored ones. @throws OptionError */
  set(options: CallOptions): SignatureObject {
    const merged = mergeOptions(this.data.options, normalizeOptions({ ...options }));
    const saysNothing = merged === undefined || Object.keys(merged).length === 0;
    return this.#with({ ...this.data, ...(saysNothing ? {} : { options: merged }) });
  }

  /**
   * The same with stamps on it, on all that it calls, and on its callbacks: `request.stamps`. With `visitor`, that decides
   * on more.
   * @throws OptionError for a stamp that is no plain data
   */
  stamp(input: StampInput): SignatureObject {
    return this.#with(stampSignature(this.data, input, this.#app, bindSignature));
  }

  /** A copy that shares nothing that could be changed. */
  clone(): SignatureObject {
    return this.#with(copySignature(this.data));
  }

  /** The same, but taking neither a result from before nor the arguments of a call. */
  immutable(): SignatureObject {
    return this.#with({ ...this.data, immutable: true });
  }

  /** The group that chunks stand for. @throws InvalidSignatureError for another signature */
  group(): SignatureObject {
    return this.#with(requireGroup(this.data, "group()"));
  }

  /** The same group, its members starting one after another. @throws InvalidSignatureError for another signature */
  skew(skew: Skew = {}): SignatureObject {
    return this.#with(skewGroup(requireGroup(this.data, "skew()"), skew));
  }

  /** The same with another type for its result. */
  as(): SignatureObject {
    return this;
  }

  /**
   * The data; `JSON.stringify(signature)` gives it as text, and `Signature.from` reads it back.
   * @throws InvalidSignatureError for signatures nested more than 1,000 deep, which JSON.stringify could not write
   */
  toJSON(): SignatureData {
    // A signature's data holds values as they are; JSON has tags for those that it has no word for.
    return taggedJson(requireWritable(this.data), "this signature") as SignatureData;
  }

  /** The signature as flow text. */
  toString(): string {
    return signatureText(this.data);
  }

  #requireApp(): App {
    if (this.#app !== undefined) return this.#app;
    throw new ImproperlyConfigured("this signature belongs to no app; bind it with `app.signature(json)`");
  }

  #with(data: SignatureData): SignatureObject {
    return new SignatureObject(data, this.#app);
  }
}

/** A signature with one result; @see the interface for its methods. */
export type Signature<In extends readonly unknown[], Out> = TypedSignature<In, Out>;

/** Reading signatures from JSON. */
export const Signature = {
  /**
   * Makes a signature of data or JSON text: ours, or Celery's own. It belongs to no app; `app.signature(json)` binds it.
   * @throws InvalidSignatureError with the place in the JSON
   */
  from(json: unknown): AnySignature {
    return bindSignature(parseSignature(json), undefined);
  },
};

/** Whether a value is a signature made by this package (and not its JSON). */
export function isSignature(value: unknown): value is AnySignature {
  return value instanceof SignatureObject;
}

/** Makes a signature of data that is known to be right. */
export function bindSignature(data: SignatureData, app: App | undefined): AnySignature {
  return new SignatureObject(data, app);
}

/**
 * The data of a chain; a step that is a plain chain is spliced in.
 * @throws InvalidSignatureError without a step
 */
export function chainData(steps: readonly SignatureData[]): SignatureData {
  const [first] = steps;
  if (first === undefined) throw new InvalidSignatureError("a chain needs at least one step");
  if (!steps.some(isPlainChain)) return { kind: "chain", steps };
  return { kind: "chain", steps: steps.flatMap((step) => (isPlainChain(step) ? step.steps : [step])) };
}

function isPlainChain(data: SignatureData): data is SignatureData & { kind: "chain" } {
  return (
    data.kind === "chain" &&
    data.args === undefined &&
    data.kwargs === undefined &&
    data.options === undefined &&
    data.immutable === undefined
  );
}
