/**
 * The types of signatures: what arguments are still missing, what comes out, and whether one fits behind another.
 * One rule: every check reads the phantom properties by indexed access, so checking a chain is linear in its length.
 * The phantoms exist in types only; at run time a signature is a `SignatureObject`.
 */
import type { App } from "../app.ts";
import type { ApplyOptions } from "../engine.ts";
import type { CallOptions } from "../options.ts";
import type { AsyncResult, GroupResult } from "../result.ts";
import type { Submission } from "../submission.ts";
import type { SignatureData } from "./data.ts";
import type { Skew } from "./members.ts";
import type { StampInput } from "./stamps.ts";

/** What every signature has, whatever it takes and gives. `AnySignature[]` holds everything of the kind. */
export interface AnySignature<
  // biome-ignore lint/suspicious/noExplicitAny: `any` is what makes the default accept every parameter list, in both directions
  in In extends readonly unknown[] = any,
  // biome-ignore lint/suspicious/noExplicitAny: the same for results
  out Out = any,
> {
  /** The arguments that are still missing. A property, not a method, so that it is checked contravariantly. */
  readonly "~in": (args: In) => void;
  /** What `get()` gives. */
  readonly "~out": Out;
  /** What the next step of a chain receives. */
  readonly "~next": unknown;
  readonly "~kind": "one" | "flat" | "nested";
  readonly data: SignatureData;
  readonly app: App | undefined;
  toJSON(): SignatureData;
  toString(): string;
}

/** A signature with one result. */
export interface Signature<in In extends readonly unknown[], out Out> extends AnySignature<In, Out> {
  readonly "~kind": "one";
  readonly "~next": Out;
  /** Sends it with the arguments that are missing; they come in front of the stored ones. */
  delay(...args: In): Submission<AsyncResult<Out>>;
  applyAsync(args?: readonly unknown[], options?: ApplyOptions): Submission<AsyncResult<Out>>;
  /** Runs it in this process, without a broker; gives its result when all of it has ended. */
  apply(args?: readonly unknown[], options?: ApplyOptions): Promise<AsyncResult<Out>>;
  /** A chain of this and `next`. */
  pipe<Next extends AnySignature>(next: PipeFits<Out, Next>): Tail<In, Next>;
  set(options: CallOptions): Signature<In, Out>;
  /** The same with stamps on it, on all that it calls, and on its callbacks: `request.stamps`. */
  stamp(input: StampInput): Signature<In, Out>;
  clone(): Signature<In, Out>;
  /** The same, but taking nothing from before. */
  immutable(): Signature<readonly unknown[], Out>;
  /** The same with another type for its result; nothing is checked. */
  as<Result>(): Signature<In, Result>;
}

/** A signature whose result is the ordered list of its members' results. A group around a "flat" one takes its members. */
export interface GroupSignature<
  in In extends readonly unknown[],
  out Out extends readonly unknown[],
  out Form extends "flat" | "nested",
> extends AnySignature<In, Out> {
  readonly "~kind": Form;
  readonly "~next": Out;
  delay(...args: In): Submission<GroupResult<Out>>;
  applyAsync(args?: readonly unknown[], options?: ApplyOptions): Submission<GroupResult<Out>>;
  apply(args?: readonly unknown[], options?: ApplyOptions): Promise<GroupResult<Out>>;
  pipe<Next extends AnySignature>(next: PipeFits<Out, Next>): Tail<In, Next>;
  set(options: CallOptions): GroupSignature<In, Out, Form>;
  /** The same with stamps on it, on all that it calls, and on its callbacks: `request.stamps`. */
  stamp(input: StampInput): GroupSignature<In, Out, Form>;
  clone(): GroupSignature<In, Out, Form>;
  immutable(): GroupSignature<readonly unknown[], Out, Form>;
  /** The same, its members starting one after another: by the seconds that are said, or every second. */
  skew(skew?: Skew): GroupSignature<In, Out, Form>;
}

/** A group of starmaps that is kept as the list of items. */
export interface ChunksSignature<out Out extends readonly unknown[]>
  extends GroupSignature<readonly unknown[], Out, "flat"> {
  /** The group that they stand for, one member a chunk. */
  group(): GroupSignature<readonly unknown[], Out, "flat">;
}

/** What a chain gives that starts with `In` and ends with `Last`: a group result if the last step is a group. */
export type Tail<In extends readonly unknown[], Last> = Last extends { readonly "~kind": "flat" | "nested" }
  ? Last extends { readonly "~out": infer Out extends readonly unknown[] }
    ? GroupSignature<In, Out, "nested">
    : never
  : Last extends { readonly "~out": infer Out }
    ? Signature<In, Out>
    : never;

/** The arguments that a signature still misses. */
export type ArgsOf<S> = S extends { readonly "~in": (args: infer In extends readonly unknown[]) => void } ? In : never;

/** `Next` itself where it can take `Value`, otherwise a type that says why not. */
export type PipeFits<Value, Next extends AnySignature> = Next["~in"] extends (args: [Value]) => void
  ? Next
  : { "the step before gives": Value; "but this step takes": TakesOf<Next> };

/** What a step takes, in words for a message. */
export type TakesOf<S> =
  ArgsOf<S> extends readonly [] ? "nothing more: all its arguments are given (.si() ignores the result)" : ArgsOf<S>;

/** All suffixes of a parameter list: what may be given to `s(...)`, which fills the last parameters. */
export type Given<P extends readonly unknown[]> = P extends readonly []
  ? // An empty list fits the pattern of an optional parameter, too.
    []
  : P extends readonly [unknown, ...infer Rest]
    ? P | Given<Rest>
    : number extends P["length"]
      ? P
      : P extends readonly [_?: unknown, ...rest: infer Rest]
        ? P | Given<Rest>
        : [];

// biome-ignore lint/suspicious/noExplicitAny: a wildcard of the right length; `unknown` would not match in an infer position
type Wild<G extends readonly unknown[]> = { [K in keyof G]: any };

type Prefixes<P extends readonly unknown[], Done extends readonly unknown[] = []> = P extends readonly []
  ? Done
  : P extends readonly [infer First, ...infer Rest]
    ? Done | Prefixes<Rest, [...Done, First]>
    : number extends P["length"]
      ? Done | [...Done, ...P]
      : P extends readonly [_?: infer First, ...rest: infer Rest]
        ? Done | Prefixes<Rest, [...Done, First]>
        : Done;

type Fitting<
  Candidate,
  P extends readonly unknown[],
  G extends readonly unknown[],
> = Candidate extends readonly unknown[] ? ([...Candidate, ...G] extends P ? Candidate : never) : never;

/** The arguments still missing of `P` when the last ones are `G`; labels survive where nothing is optional. */
export type Missing<P extends readonly unknown[], G extends readonly unknown[]> = number extends P["length"]
  ? Fitting<Prefixes<P>, P, G>
  : P["length"] extends Required<P>["length"]
    ? P extends readonly [...infer M, ...Wild<G>]
      ? M
      : never
    : Fitting<Prefixes<P>, P, G>;
