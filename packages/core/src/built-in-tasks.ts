/**
 * The canvas as tasks, which every App has: `umbel.chain` is to us what `celery.chain` is to Celery. One rule: each puts the
 * canvas that it is told of in its own place, so whoever knows names and JSON alone can send any of them.
 */
import type { CallSite } from "./call-site.ts";
import { parseSignature } from "./signature/json.ts";
import { bindSignature } from "./signature/signature.ts";
import type { BoundTask } from "./task-context.ts";
import type { ReadDefinition } from "./task-definition.ts";

/** A task that an App has by itself. */
export interface BuiltInDefinition extends ReadDefinition {
  readonly site: CallSite;
}

/** What the names of all of them begin with. */
const PREFIX = "umbel.";

const NOWHERE: CallSite = { place: () => undefined, file: () => undefined, module: () => undefined };

/** Each canvas with its parameters and the JSON that it is; what is wrong in it is told as of any signature. */
const CANVASES: readonly [name: string, params: readonly string[], json: (...args: unknown[]) => unknown][] = [
  ["chain", ["steps"], (steps) => ({ kind: "chain", steps })],
  ["group", ["members"], (members) => ({ kind: "group", members })],
  ["chord", ["header", "body"], (members, body) => ({ kind: "chord", header: { kind: "group", members }, body })],
  ["map", ["task", "items"], (task, items) => ({ kind: "map", task, items })],
  ["starmap", ["task", "items"], (task, items) => ({ kind: "starmap", task, items })],
  ["chunks", ["task", "items", "size"], (task, items, size) => ({ kind: "chunks", task, items, size })],
];

/** The tasks that every App has. */
export const builtInTasks: readonly BuiltInDefinition[] = [
  ...CANVASES.map(([name, params, json]) => ({
    fn: (self: BoundTask, ...args: unknown[]) => self.replace(bindSignature(parseSignature(json(...args)), self.app)),
    options: { name: `${PREFIX}${name}`, params, bind: true },
    ownName: name,
    site: NOWHERE,
  })),
  {
    fn: (...args: unknown[]) => args,
    options: { name: `${PREFIX}accumulate` },
    ownName: "accumulate",
    site: NOWHERE,
  },
];

const names: ReadonlySet<string> = new Set(builtInTasks.map(({ ownName }) => `${PREFIX}${ownName}`));

/** Whether an App has a task of this name by itself; lists for people leave it out. */
export function isBuiltIn(name: string): boolean {
  return names.has(name);
}
