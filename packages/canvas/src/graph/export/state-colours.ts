/**
 * What a state looks like, the same in all formats. One rule: each text can be read on its own fill (a contrast of 4.5
 * or more), and a state is always told in words too.
 */
import type { State } from "@umbel/core";

/** The colours of a box, as `#rrggbb`. */
export interface Look {
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
}

/** What has no state, since it has not been sent. */
export const PLAIN: Look = { fill: "#f6f8fa", stroke: "#57606a", text: "#1f2328" };

/** A state that a task sets for itself looks like STARTED. */
const LOOKS: Readonly<Record<string, Look>> = {
  PENDING: { fill: "#eaeef2", stroke: "#6e7781", text: "#32383f" },
  RECEIVED: { fill: "#ddf4ff", stroke: "#0969da", text: "#0a3069" },
  STARTED: { fill: "#b6e3ff", stroke: "#0969da", text: "#0a3069" },
  RETRY: { fill: "#fff1b8", stroke: "#9a6700", text: "#4d2d00" },
  SUCCESS: { fill: "#d2f4d3", stroke: "#1a7f37", text: "#044f1e" },
  FAILURE: { fill: "#ffd7d5", stroke: "#cf222e", text: "#82071e" },
  REVOKED: { fill: "#ecd8ff", stroke: "#8250df", text: "#3e1f79" },
  IGNORED: { fill: "#e1e4e8", stroke: "#8250df", text: "#32383f" },
};

/** The states that have a look of their own. */
export const drawnStates: readonly string[] = Object.keys(LOOKS);

/** Gives the look of a state; `undefined` for what has none. */
export function lookOf(state: State | undefined): Look {
  if (state === undefined) return PLAIN;
  return (Object.hasOwn(LOOKS, state) ? LOOKS[state] : LOOKS.STARTED) ?? PLAIN;
}

/** Gives the state whose look is taken. */
export function drawnState(state: State): string {
  return Object.hasOwn(LOOKS, state) ? state : "STARTED";
}

/** What matters more comes first, where many are drawn as one. */
const BY_WEIGHT: readonly State[] = [
  "FAILURE",
  "RETRY",
  "STARTED",
  "RECEIVED",
  "REVOKED",
  "PENDING",
  "IGNORED",
  "SUCCESS",
];

/** How many have each state, in the order in which they matter. */
export function countStates(states: Iterable<State>): readonly (readonly [state: State, count: number])[] {
  const counts = new Map<State, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const weight = (state: State) => BY_WEIGHT.indexOf(drawnState(state));
  return [...counts].sort(([one], [other]) => weight(one) - weight(other) || (one < other ? -1 : 1));
}
