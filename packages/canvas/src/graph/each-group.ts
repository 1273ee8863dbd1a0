/**
 * An `each` when its list is there. One rule: what it runs stands beside its arguments and never among them, so whatever
 * it is called with is told from that.
 */
import { parseSignature, type SignatureData, showBriefly } from "@umbel/core";
import type { EachPlan, TaskNode } from "./graph.ts";

/** Looks at how many arguments an `each` is called with; what it is given is seen when it runs. @throws TypeError */
export function checkEachCall(args: readonly unknown[], kwargs: TaskNode["kwargs"]): void {
  const [name] = Object.keys(kwargs);
  if (name !== undefined) throw notOneList(`an argument by name: \`${name}\``);
  if (args.length === 0) throw notOneList("no argument");
  if (args.length > 1) throw notOneList(`${args.length} arguments: ${enumerated(args)}`);
}

/** Gives the list that an `each` was called with. @throws TypeError for anything else */
export function eachItems(args: readonly unknown[], kwargs: TaskNode["kwargs"]): readonly unknown[] {
  checkEachCall(args, kwargs);
  const [items] = args;
  if (!Array.isArray(items)) throw notOneList(showBriefly(items));
  return items;
}

function notOneList(got: string): TypeError {
  return new TypeError(
    `\`each\` takes one list, the step's before it or its call's, \`delay([1, 2, 3])\`; it got ${got}`,
  );
}

function enumerated(args: readonly unknown[]): string {
  const shown = args.map(showBriefly);
  return shown.length > MOST_SHOWN
    ? `${shown.slice(0, MOST_SHOWN).join(", ")}, …`
    : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** How many arguments a message shows. */
const MOST_SHOWN = 5;

/** Gives the group that an `each` stands for: its member once for each item, which goes where a result would. */
export function eachGroup({ member }: EachPlan, items: readonly unknown[]): SignatureData {
  const data = parseSignature(member);
  const args = data.args ?? [];
  const members = items.map((item) => asOne(data.immutable ? data : { ...data, args: [item, ...args] }));
  return { kind: "group", members };
}

/** What stands for one item gives one entry of the list, where a group directly in a group would be its members. */
function asOne(member: SignatureData): SignatureData {
  switch (member.kind) {
    case "group": {
      // Celery's group of one, too, which would be its member in a chain.
      const { unroll: _unroll, ...group } = member;
      return { kind: "chain", steps: [group] };
    }
    case "chunks":
      return { kind: "chain", steps: [member] };
    default:
      return member;
  }
}
