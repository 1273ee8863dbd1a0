/**
 * The call that a fork begins with, with the arguments that it is given. One rule: what is known to be wrong with them is
 * told to whoever forks, and then there is no fork.
 */
import { Content, type ForkOptions, type TaskRegistry } from "@umbel/core";
import type { CompileEnvironment } from "../graph/compile.ts";
import { checkEachCall } from "../graph/each-group.ts";
import type { TaskNode } from "../graph/graph.ts";
import { ownNode, withOwnArguments } from "../graph/own-arguments.ts";

/** Gives a stored call its new arguments. */
export type ForkedCall = (node: TaskNode, given: Pick<ForkOptions, "args" | "kwargs">) => TaskNode;

/** Gives what checks by a registry's tasks, and writes arguments as calls of an engine are. */
export function forkedCalls(registry: TaskRegistry, environment: () => CompileEnvironment): ForkedCall {
  return (node, { args, kwargs }) => {
    if (args === undefined && kwargs === undefined) return node;
    const { content = new Content() } = environment();
    // What is not given anew may stand packed with what is.
    const { packed: _packed, ...stored } = args === undefined || kwargs === undefined ? unpacked(node, content) : node;
    const call: TaskNode = { ...stored, args: args ?? stored.args, kwargs: kwargs ?? stored.kwargs };
    check(call, registry);
    const [written] = withOwnArguments([call], environment());
    return written?.kind === "task" ? written : call;
  };
}

function unpacked(node: TaskNode, content: Content): TaskNode {
  return node.packed === undefined ? node : ownNode(node, content);
}

/** @throws TypeError worded for who forks */
function check(call: TaskNode, { tasks }: TaskRegistry): void {
  const { args, kwargs, each, mode } = call;
  if (each !== undefined) checkEachCall(args, kwargs);
  const task = tasks.get(call.task);
  if (mode !== undefined || task === undefined || task.options.typing === false) return;
  if (call.input === undefined && call.takesError === undefined) {
    task.checkCall(args, kwargs);
    return;
  }
  try {
    // What the value from before is will be known when the task runs; that there is one, now.
    task.bindArguments([undefined, ...args], kwargs);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`${error.message}; what comes from before stands in front of \`args\``);
  }
}
