/**
 * Arguments that nobody else can change. One rule: what a task gets is what JSON keeps of what was sent, when it was
 * sent: the same in the process that sent it and elsewhere, for the first attempt and the next.
 */
import { Content, decodeJson, encodeJson } from "@umbel/core";
import type { CompileEnvironment } from "./compile.ts";
import type { GraphNode, TaskNode } from "./graph.ts";

const BY_DEFAULT = new Content();

/**
 * Gives nodes whose arguments are theirs alone, written as their options and the settings say.
 * @throws SerializationError for arguments that would be changed; ArgumentsTooLargeError
 */
export function withOwnArguments(
  nodes: readonly GraphNode[],
  environment: Pick<CompileEnvironment, "content" | "argumentName"> = {},
): readonly GraphNode[] {
  const { content = BY_DEFAULT } = environment;
  const { sendsPlain, maxArgumentBytes } = content;
  const mustBeWritten = (node: GraphNode): node is TaskNode =>
    node.kind === "task" && !(sendsPlain && saysNothing(node.options) && isPlain(node, maxArgumentBytes));
  if (!nodes.some(mustBeWritten)) return nodes;
  return nodes.map((node) => (mustBeWritten(node) ? written(node, content, environment.argumentName) : node));
}

function written(node: TaskNode, content: Content, argumentName: CompileEnvironment["argumentName"]): TaskNode {
  // What comes from before stands in front of them.
  const skipped = node.input === undefined ? 0 : 1;
  const nameOf = (position: number): string | undefined =>
    node.mode === undefined ? argumentName?.(node.task, position + skipped) : "items";
  const stored = content.writeArguments(node.task, node, node.options, nameOf);
  const { each } = node;
  return {
    ...node,
    ...("packed" in stored ? { ...NONE, packed: stored.packed } : stored),
    ...(each === undefined ? {} : { each: JSON.parse(encodeJson(each, "what `each` runs")) as typeof each }),
  };
}

const NONE = { args: [], kwargs: {} } as const;

function saysNothing({ serializer, compression }: TaskNode["options"]): boolean {
  return serializer === undefined && compression === undefined;
}

/**
 * Whether JSON keeps the arguments as they are, and nobody can change them: text, finite numbers, true, false, null, and
 * no more than may be sent.
 */
function isPlain({ args, kwargs, each }: TaskNode, maxArgumentBytes: number): boolean {
  if (each !== undefined) return false;
  for (const _name in kwargs) return false;
  if (Object.getPrototypeOf(args) !== Array.prototype) return false;
  let size = args.length * LONGEST_NUMBER;
  for (const value of args) {
    if (typeof value === "number" ? !Number.isFinite(value) : !isText(value)) return false;
    if (typeof value === "string") size += value.length * MOST_BYTES_PER_UNIT;
  }
  return size <= maxArgumentBytes;
}

/** Bytes of JSON that a number takes at most, with the comma behind it: `-2.2250738585072014e-308`. */
const LONGEST_NUMBER = 25;

/** Bytes of JSON that a unit of text takes at most: `\\u0000`. */
const MOST_BYTES_PER_UNIT = 6;

function isText(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

/**
 * Gives a stored node with arguments of its own, as they were sent; the node itself where they hold nothing that could be
 * changed.
 * @throws ContentDisallowed, DecodeError for what cannot be read here
 */
export function ownNode(node: TaskNode, content: Content): TaskNode {
  if (node.packed !== undefined) {
    const { packed, ...rest } = node;
    return { ...rest, ...content.readArguments(node.task, packed) };
  }
  if (!content.acceptsPlain && !isEmpty(node)) content.requirePlainAccepted(node.task);
  if (isUnchangeable(node.args) && isUnchangeable(node.kwargs)) return node;
  return { ...node, args: copy(node.args), kwargs: copy(node.kwargs) };
}

function isEmpty({ args, kwargs }: TaskNode): boolean {
  return args.length === 0 && Object.keys(kwargs).length === 0;
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
