/** What can be done with the members of a group. One rule: everything gives new data. */
import { InvalidSignatureError, OptionError } from "../errors.ts";
import { show } from "../show.ts";
import type { ChunksData, GroupData, SignatureData } from "./data.ts";

/** The seconds that the members of a group wait: `start`, `start + step`, … up to `stop`, which the rest wait too. */
export interface Skew {
  /** Of the first member; 1 unless said. */
  start?: number;
  /** The most; no bound unless said. */
  stop?: number;
  /** From one member to the next; 1 unless said. */
  step?: number;
}

/** The group that chunks stand for: one starmap a chunk. */
export function chunksGroup({ task, items, size, options }: ChunksData): GroupData {
  const members: SignatureData[] = [];
  for (let from = 0; from < items.length; from += size) {
    members.push({ kind: "starmap", task, items: items.slice(from, from + size) });
  }
  return { kind: "group", members, ...(options === undefined ? {} : { options }) };
}

/** The group that a signature is. @throws InvalidSignatureError for one that is none */
export function requireGroup(data: SignatureData, method: string): GroupData {
  if (data.kind === "group") return data;
  if (data.kind === "chunks") return chunksGroup(data);
  throw new InvalidSignatureError(`\`${method}\` is for groups; this signature is a ${data.kind}`);
}

/** Tenths of seconds are no exact numbers; three of them are to be 0.3. */
const ROUNDING = 1e-9;

/** Gives each member a countdown of its own. @throws OptionError for what is no number of seconds */
export function skewGroup(group: GroupData, skew: Skew): GroupData {
  const { start = 1, stop = Number.POSITIVE_INFINITY, step = 1 } = skew;
  for (const [name, value] of Object.entries({ start, step })) {
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) continue;
    throw new OptionError(`\`${name}\` of skew must be a number of seconds of at least 0; got ${show(value)}`);
  }
  if (typeof stop !== "number" || !(stop >= start))
    throw new OptionError(`\`stop\` of skew must be a number of seconds, at least \`start\`; got ${show(stop)}`);
  // As in Celery, the last step is the last one that does not go beyond `stop`.
  const last = step === 0 ? 0 : Math.floor((stop - start) / step + ROUNDING);
  const members = group.members.map((member, position) => {
    const countdown = start + Math.min(position, last) * step;
    return { ...member, options: { ...member.options, countdown } };
  });
  return { ...group, members };
}
