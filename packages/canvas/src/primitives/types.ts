/** The types of composites: which step fits behind which, and what comes out. One rule: no recursion over steps. */
import type { AnySignature, ArgsOf, GroupSignature, Tail, TakesOf } from "@umbel/core";

/** The steps of a chain, each checked against the one before it; the error lands on the wrong step. */
export type Steps<S extends readonly unknown[]> = {
  [K in keyof S]: K extends "0" ? S[K] : K extends keyof Before<S> ? StepFits<Before<S>[K], S[K], K> : S[K];
};

/** The steps moved on by one: at a step's place stands the step before it. */
type Before<S extends readonly unknown[]> = [never, ...S];

/** The step itself where it can take what the one before gives, otherwise a type that says why not. */
type StepFits<Previous, Step, Position> = Step extends AnySignature
  ? Step["~in"] extends (args: [NextOf<Previous>]) => void
    ? Step
    : Mismatch<NextOf<Previous>, TakesOf<Step>, Position>
  : Step;

/** What a step passes on; of one step or another, what either of them does. */
type NextOf<Step> = Step extends AnySignature ? Step["~next"] : never;

/** An object whose keys are the message, as TypeScript prints it. */
type Mismatch<Gives, Takes, Position> = {
  [K in "gives" | "takes" as K extends "gives"
    ? `step ${Position extends keyof StepNumbers ? StepNumbers[Position][0] : string} gives`
    : `step ${Position extends keyof StepNumbers ? StepNumbers[Position][1] : string} takes`]: K extends "gives"
    ? Gives
    : Takes;
};

/** Positions as people count them: the step before, and the step. */
interface StepNumbers {
  "1": ["1", "2"];
  "2": ["2", "3"];
  "3": ["3", "4"];
  "4": ["4", "5"];
  "5": ["5", "6"];
  "6": ["6", "7"];
  "7": ["7", "8"];
  "8": ["8", "9"];
  "9": ["9", "10"];
}

export type Last<S extends readonly unknown[]> = S extends readonly [...unknown[], infer L] ? L : S[number];

/** What `chain(...)` gives. */
export type ChainOf<S extends readonly unknown[]> = S extends readonly [infer First, ...unknown[]]
  ? Tail<ArgsOf<First>, Last<S>>
  : Tail<ArgsOf<S[number]>, S[number]>;

/** The arguments that all members take. */
export type GroupArgs<M extends readonly unknown[]> = [MembersIn<M>] extends [
  (args: infer In extends readonly unknown[]) => void,
]
  ? In
  : never;

type MembersIn<M extends readonly unknown[]> = M[number] extends infer Member
  ? Member extends AnySignature
    ? Member["~in"]
    : never
  : never;

/** The results of members: a tuple for a tuple; members of a group inside stand in its place. */
export type GroupOut<M extends readonly unknown[]> = HasFlat<M[number]> extends true ? Flatten<M> : PlainOut<M>;

type PlainOut<M extends readonly unknown[]> = {
  -readonly [K in keyof M]: M[K] extends AnySignature ? M[K]["~out"] : never;
};

type HasFlat<Member> = Extract<Member, { readonly "~kind": "flat" }> extends never ? false : true;

type Flatten<M extends readonly unknown[]> = M extends readonly [infer First, ...infer Rest]
  ? [...MemberOut<First>, ...Flatten<Rest>]
  : M extends readonly []
    ? []
    : MemberOut<M[number]>;

type MemberOut<Member> = Member extends {
  readonly "~kind": "flat";
  readonly "~out": infer Out extends readonly unknown[];
}
  ? Out
  : Member extends { readonly "~out": infer Out }
    ? [Out]
    : never;

/** What `group(...)` gives. */
export type GroupOf<M extends readonly unknown[]> = GroupSignature<GroupArgs<M>, GroupOut<M>, "flat">;

/** The body itself where it can take the header's list, otherwise a type that says why not. */
export type BodyFits<Header extends readonly unknown[], Body extends AnySignature> = Body["~in"] extends (
  args: [GroupOut<Header>],
) => void
  ? Body
  : { "the header gives the list": GroupOut<Header>; "but the body takes": TakesOf<Body> };

/** The items that a member of `each` takes; whatever comes, if it takes nothing from before. */
export type EachItem<Member extends AnySignature> =
  ArgsOf<Member> extends readonly [infer Item, ...unknown[]] ? Item : unknown;

/** The member itself where it takes one item, otherwise a type that says why not. */
export type EachFits<Member extends AnySignature> = Member["~in"] extends (args: [EachItem<Member>]) => void
  ? Member
  : { "each gives one item at a time": "one argument must be missing"; "but this signature takes": TakesOf<Member> };
