/**
 * Arguments that nobody else can change. One rule: what a task gets is what JSON keeps of what was sent, when it was
 * sent: the same in the process that sent it and elsewhere, for the first attempt and the next.
 */
import { decodeJson, encodeJson } from "@umbel/core";
import type { GraphNode, TaskNode } from "./graph.ts";

/** Gives nodes whose arguments are theirs alone. @throws SerializationError for arguments that JSON would change */
export function withOwnArguments(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const own: GraphNode[] = [];
  for (const node of nodes) own.push(node.kind === "task" && !isPlain(node) ? checked(node) : node);
  return own;
}

function checked(node: TaskNode): TaskNode {
  const args = storable(node.args, `the list of arguments of task "${node.task}"`);
  const kwargs = storable(node.kwargs, `the named arguments of task "${node.task}"`);
  if (node.each === undefined) return { ...node, args, kwargs };
  return { ...node, args, kwargs, each: storable(node.each, "what `each` runs") };
}

/** Whether JSON keeps the arguments as they are, and nobody can change them: text, finite numbers, true, false, null. */
function isPlain({ args, kwargs, each }: TaskNode): boolean {
  if (each !== undefined) return false;
  for (const _name in kwargs) return false;
  if (Object.getPrototypeOf(args) !== Array.prototype) return false;
  for (const value of args) {
    if (typeof value === "number" ? !Number.isFinite(value) : !isText(value)) return false;
  }
  return true;
}

function isText(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

/** Gives a copy as it is stored: with tags for what JSON has no word for. */
function storable<Value>(value: Value, what: string): Value {
  return JSON.parse(encodeJson(value, what)) as Value;
}

/**
 * Gives a stored node with arguments of its own, as they were sent; the node itself where they hold nothing that could be
 * changed.
 */
export function ownNode(node: TaskNode): TaskNode {
  if (isUnchangeable(node.args) && isUnchangeable(node.kwargs)) return node;
  return { ...node, args: copy(node.args), kwargs: copy(node.kwargs) };
}

/** Whether there is nothing but text, numbers and the like in it. `undefined` is null in JSON. */
function isUnchangeable(values: readonly unknown[] | Readonly<Record<string, unknown>>): boolean {
  if (Array.isArray(values)) {
    for (const value of values as readonly unknown[]) if (!isPrimitive(value)) return false;
    return true;
  }
  for (const name in values) if (!isPrimitive((values as Readonly<Record<string, unknown>>)[name])) return false;
  return true;
}

function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && value !== undefined);
}

function copy<Value>(value: Value): Value {
  return decodeJson(JSON.stringify(value)) as Value;
}
