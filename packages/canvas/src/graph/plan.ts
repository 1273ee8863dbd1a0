/**
 * What a signature would run, in numbers. One rule: pure, and linear in the graph; what is decided only while it runs (an
 * `each`, a replacement) is told as open.
 */
import { newRunKey, type SignatureData } from "@umbel/core";
import { type CompileEnvironment, compile } from "./compile.ts";
import { nameOf } from "./export/label.ts";
import { outlineOf, type Sequence, type Step } from "./export/outline.ts";

/** How often a task is called, and on which queue. */
export interface PlannedTask {
  readonly task: string;
  /** `undefined` for the default queue. */
  readonly queue: string | undefined;
  readonly calls: number;
}

/** A limit that the flow says itself. */
export interface PlannedLimit {
  /** What it limits: `each of score`, `group of 100`. */
  readonly what: string;
  /** How many may run at once. */
  readonly limit: number;
}

/** A signature in numbers. */
export interface Plan {
  readonly tasks: readonly PlannedTask[];
  readonly calls: number;
  /** Calls for what only happens perhaps: errbacks. */
  readonly perhaps: number;
  /** The most calls that could run at once. */
  readonly width: number;
  /** The longest way through it: the names of its tasks, one after another. */
  readonly criticalPath: readonly string[];
  readonly limits: readonly PlannedLimit[];
  /** How many `each` there are, whose members are known only when their list is. */
  readonly open: number;
}

/** Plans a signature. @throws InvalidSignatureError for one without any task */
export function planOf(
  signature: SignatureData,
  environment: CompileEnvironment = { taskDefaults: () => undefined },
): Plan {
  const { nodes } = compile(signature, { args: [], kwargs: {}, options: {} }, newRunKey(), environment);
  const tasks = new Map<string, { task: string; queue: string | undefined; calls: number }>();
  const limits: PlannedLimit[] = [];
  let open = 0;
  for (const node of nodes) {
    if (node.kind === "spread" && node.limit !== undefined)
      limits.push({ what: `group of ${node.total}`, limit: node.limit });
    if (node.kind !== "task") continue;
    if (node.each !== undefined) {
      open += 1;
      if (node.each.limit !== undefined) limits.push({ what: "each", limit: node.each.limit });
      continue;
    }
    const { queue } = node.options;
    const key = JSON.stringify([node.task, queue]);
    const known = tasks.get(key) ?? { task: node.task, queue, calls: 0 };
    known.calls += 1;
    tasks.set(key, known);
  }
  const shape = shapeOf(outlineOf({ nodes }));
  return {
    tasks: [...tasks.values()],
    calls: [...tasks.values()].reduce((sum, { calls }) => sum + calls, 0),
    perhaps: shape.perhaps,
    width: shape.width,
    criticalPath: shape.path,
    limits,
    open,
  };
}

interface Shape {
  readonly width: number;
  readonly path: readonly string[];
  readonly perhaps: number;
}

function shapeOf({ steps }: Sequence): Shape {
  const path: string[] = [];
  let width = 0;
  let perhaps = 0;
  let besides = 0;
  for (const step of steps) {
    const shape = shapeOfStep(step);
    for (const name of shape.path) path.push(name);
    width = Math.max(width, shape.width);
    perhaps += shape.perhaps;
    for (const { kind, sequence } of step.holds) {
      const called = shapeOf(sequence);
      // A link runs beside whatever comes next.
      if (kind === "link") besides = Math.max(besides, called.width);
      perhaps += kind === "error" ? countCalls(sequence) : called.perhaps;
    }
  }
  return { width: width + (steps.length > 1 ? besides : Math.max(0, besides - width)), path, perhaps };
}

function shapeOfStep({ node, members }: Step): Shape {
  if (members === undefined) return { width: 1, path: [nameOf(node)], perhaps: 0 };
  let longest: readonly string[] = [];
  let width = 0;
  let perhaps = 0;
  for (const member of members) {
    const shape = shapeOf(member);
    if (shape.path.length > longest.length) longest = shape.path;
    width += shape.width;
    perhaps += shape.perhaps;
  }
  return { width, path: longest, perhaps };
}

function countCalls({ steps }: Sequence): number {
  let count = 0;
  for (const { members, holds } of steps) {
    count += members === undefined ? 1 : members.reduce((sum, member) => sum + countCalls(member), 0);
    for (const { sequence } of holds) count += countCalls(sequence);
  }
  return count;
}
