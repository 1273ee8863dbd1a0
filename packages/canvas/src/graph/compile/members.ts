/**
 * What counts as a step or a member: Celery's rules for groups in groups, groups of one and canvases of nothing. One
 * rule: it is decided on data, before anything is numbered.
 */
import {
  type ChainData,
  chunksGroup,
  type GroupData,
  InvalidSignatureError,
  mergeOptions,
  type SignatureData,
} from "@umbel/core";

/** The members of a group, flat. Options on a group are those of each member, so a link runs once for each. */
export function groupMembers(group: GroupData): readonly SignatureData[] {
  const members = flatMembers(group);
  const link = group.options?.link;
  if (link === undefined) return members;
  return members.map((member) => ({
    ...member,
    options: { ...member.options, link: [...(member.options?.link ?? []), ...link] },
  }));
}

/** Celery gives the inner list for a group of nothing but a chain that ends in a group: such a chain, if it is one. */
export function onlyChainOf(group: GroupData): ChainData | undefined {
  const only = group.members.length === 1 ? group.members[0] : undefined;
  return group.unroll && only?.kind === "chain" && endsInGroup(only) ? only : undefined;
}

/** A group in a group is its members; what the inner one says is handed down to them. */
function flatMembers(group: GroupData): readonly SignatureData[] {
  if (!group.members.some(isGroup)) return group.members;
  const flat: SignatureData[] = [];
  const open: {
    readonly members: readonly SignatureData[];
    next: number;
    readonly around: SignatureData | undefined;
  }[] = [{ members: group.members, next: 0, around: undefined }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const member = top.members[top.next];
    top.next += 1;
    if (member === undefined) {
      open.pop();
      continue;
    }
    const inner = member.kind === "chunks" ? chunksGroup(member) : member;
    if (inner.kind !== "group") {
      flat.push(handDown(top.around, inner));
      continue;
    }
    const only = onlyChainOf(inner);
    if (only !== undefined) flat.push(handDown(top.around, only));
    else {
      refuseOwnFailFast(group, inner);
      open.push({ members: inner.members, next: 0, around: handDown(top.around, inner) });
    }
  }
  return flat;
}

/** The members of the inner one are the outer one's, so only that one can say what becomes of the others. */
function refuseOwnFailFast(outer: GroupData, inner: GroupData): void {
  const own = inner.options?.failFast;
  if (own === undefined || own === (outer.options?.failFast ?? false)) return;
  throw new InvalidSignatureError(
    "a group directly in a group is its members, so `failFast` must be said of the group around it; in a chain, a group stays one",
  );
}

function isGroup(member: SignatureData): boolean {
  return member.kind === "group" || member.kind === "chunks";
}

/** What a group says, handed down to a member, or to a group inside that hands all of it down in turn. */
function handDown(group: SignatureData | undefined, member: SignatureData): SignatureData {
  if (group === undefined) return member;
  if (group.args === undefined && group.kwargs === undefined && group.options === undefined && !group.immutable)
    return member;
  const { taskId: _groupId, failFast: _ofGroup, ...groupOptions } = group.options ?? {};
  const options = mergeOptions(groupOptions, member.options);
  const takesArguments = member.immutable !== true;
  const args = takesArguments ? [...(group.args ?? []), ...(member.args ?? [])] : member.args;
  const kwargs = takesArguments ? { ...member.kwargs, ...group.kwargs } : member.kwargs;
  return {
    ...member,
    ...(args === undefined || args.length === 0 ? {} : { args }),
    ...(kwargs === undefined || Object.keys(kwargs).length === 0 ? {} : { kwargs }),
    ...(options === undefined ? {} : { options }),
    ...(group.immutable ? { immutable: true } : {}),
  };
}

/** The steps of a chain that stand for something. In Celery's group of one a member stands for itself. */
export function chainSteps(chain: ChainData): readonly SignatureData[] {
  if (!chain.steps.some(isUnrolled)) return chain.steps;
  return chain.steps.flatMap((step) => {
    if (step.kind === "chain") return isNothing(step) ? [] : [step];
    if (step.kind !== "group" || !step.unroll || step.members.length > 1) return [step];
    return step.members.map((member) => handDown(step, member));
  });
}

function isUnrolled(step: SignatureData): boolean {
  return step.kind === "chain" || (step.kind === "group" && step.unroll === true);
}

/** Whether a chain holds nothing but Celery's empty groups, and chains of nothing. */
function isNothing(chain: ChainData): boolean {
  const open = [chain];
  for (let inner = open.pop(); inner !== undefined; inner = open.pop()) {
    for (const step of inner.steps) {
      if (step.kind === "chain") open.push(step);
      else if (step.kind !== "group" || !step.unroll || step.members.length > 0) return false;
    }
  }
  return true;
}

function endsInGroup(chain: ChainData): boolean {
  let last = chain.steps.at(-1);
  while (last?.kind === "chain") last = last.steps.at(-1);
  return last?.kind === "group" || last?.kind === "chunks";
}
