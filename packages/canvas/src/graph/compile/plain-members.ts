/**
 * Members of a group that are one call each and say nothing but their arguments: most of 1,000,000 members are so. One
 * rule: such a member becomes the very node that the long way through a Place would make of it, only sooner.
 */
import type { SignatureData } from "@umbel/core";
import type { SpreadNode, StartToken, TaskNode } from "../graph.ts";
import type { CallOptions } from "./call-options.ts";
import type { JoinPlace, Place } from "./place.ts";

/** A plain member, and what of it the spread must know. */
export interface PlainMember {
  readonly node: { -readonly [Field in keyof TaskNode]: TaskNode[Field] };
  /** The times, as they follow the index in a start token. */
  readonly suffix: string;
}

/** Nothing is ever appended to these: what follows a node, or hangs on it, is known before it is made. */
const NO_TOKENS: readonly StartToken[] = [];
const NO_KWARGS: Readonly<Record<string, unknown>> = {};

/** What members of a group share so far; "any" before the first, `undefined` when they differ. */
export type Alike = SpreadNode["alike"] | "any";

/** What members share when one more joins them. */
export function sharedWith(alike: Alike, { task, options }: Pick<TaskNode, "task" | "options">): Alike {
  if (alike === "any") return { task, options };
  return alike?.task === task && alike.options === options ? alike : undefined;
}

/** Makes the nodes of plain members of one group. */
export class PlainMembers {
  readonly #place: Place;
  readonly #join: JoinPlace;
  /** Whether the group hands nothing down that a member would have to carry. */
  readonly #isPossible: boolean;
  #task: string | undefined;
  #call: CallOptions | undefined;

  /** @param place where the group's members stand  @param join the group's, which may have no number yet */
  constructor(place: Place, join: JoinPlace) {
    this.#place = place;
    this.#join = join;
    this.#isPossible =
      place.links.length === 0 && place.errbacks.length === 0 && Object.keys(place.incoming.kwargs).length === 0;
  }

  /** Gives the node of a member, or `undefined` for one that says more than its arguments. */
  member(data: SignatureData, index: number): PlainMember | undefined {
    if (!this.#isPossible || data.kind !== "task") return undefined;
    if (data.options !== undefined || data.kwargs !== undefined || data.immutable === true) return undefined;
    const call = this.#optionsOf(data.task);
    if (call === undefined) return undefined;
    const { incoming, parent } = this.#place;
    const own = data.args ?? [];
    const node: PlainMember["node"] = {
      kind: "task",
      task: data.task,
      args: incoming.args.length === 0 ? own : [...incoming.args, ...own],
      kwargs: NO_KWARGS,
      options: call.options,
      next: NO_TOKENS,
      onError: NO_TOKENS,
      join: this.#join.index,
      isTail: true,
      deadEnd: index,
    };
    if (incoming.from !== undefined) node.input = incoming.from;
    if (incoming.takesError) node.takesError = true;
    if (parent !== undefined) node.parent = parent;
    node.group = this.#join.index;
    return { node, suffix: call.suffix };
  }

  #optionsOf(task: string): CallOptions | undefined {
    if (task !== this.#task) {
      const call = this.#place.scope.of(task, undefined);
      const isPlain = call.links.length === 0 && call.linkErrors.length === 0 && call.taskId === undefined;
      this.#task = task;
      this.#call = isPlain ? call : undefined;
    }
    return this.#call;
  }
}
