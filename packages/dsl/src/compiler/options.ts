/** `with {…}`: options read through core, each at its own place. */
import { normalizeOptions, OptionError, type SignatureOptions } from "@umbel/core";
import type { Expression } from "../ast.ts";
import { nearestName } from "../checker/suggest.ts";
import type { Span } from "../source.ts";
import { isObject, isUnknown, nameSort, Unknown, type Value } from "../values.ts";
import { asValue } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import type { Workflow } from "./workflow.ts";

/** The options of the language. Links are written `on success` and `on error`; milliseconds are durations. */
export const optionNames = [
  "queue",
  "priority",
  "countdown",
  "eta",
  "expires",
  "retries",
  "retryDelay",
  "timeLimit",
  "softTimeLimit",
  "ignoreResult",
  "serializer",
  "compression",
  "headers",
  "stamps",
  "shadow",
  "failFast",
  "taskId",
];

const KNOWN: ReadonlySet<string> = new Set(optionNames);

/** Reads the object behind `with`; what is wrong in it is reported and left out. */
export function readOptions(evaluator: Evaluator, expression: Expression, scope: Scope): SignatureOptions {
  let options: SignatureOptions = {};
  for (const { name, nameSpan, value, valueSpan } of readEntries(evaluator, expression, scope)) {
    if (!KNOWN.has(name)) {
      evaluator.report("E306", scope, nameSpan, { name, nearest: nearestName(name, optionNames) });
    } else if (value !== undefined && !isUnknown(value)) {
      options = { ...options, ...readOption(evaluator, name, value, valueSpan, scope) };
    } else {
      // It is set, so that an option around it is not laid on it.
      options = { ...options, ...UNKNOWN_OPTION };
    }
  }
  return options;
}

const UNKNOWN_OPTION: SignatureOptions = {};

interface OptionEntry {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Value | undefined;
  readonly valueSpan: Span;
}

function readEntries(evaluator: Evaluator, expression: Expression, scope: Scope): readonly OptionEntry[] {
  if (expression.kind === "object") {
    return expression.entries.map(({ key, value }) => ({
      name: key.name,
      nameSpan: key,
      value: asValue(evaluator, evaluator.evaluate(value, scope), `the option \`${key.name}\``, value, scope),
      valueSpan: value,
    }));
  }
  const value = asValue(
    evaluator,
    evaluator.evaluate(expression, scope),
    "what stands behind `with`",
    expression,
    scope,
  );
  if (value === undefined) return [];
  if (isObject(value)) {
    return [...value].map(([name, entry]) => ({ name, nameSpan: expression, value: entry, valueSpan: expression }));
  }
  if (!(value instanceof Unknown && (value.type === undefined || value.type === "object"))) {
    evaluator.report("E313", scope, expression, { got: nameSort(value) });
  }
  return [];
}

function readOption(evaluator: Evaluator, name: string, value: Value, span: Span, scope: Scope): SignatureOptions {
  try {
    return normalizeOptions({ [name]: evaluator.data.make(value) });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    evaluator.report("E307", scope, span, { name, problem: error.message });
    return {};
  }
}

/** Lays options on a workflow: what it sets itself, or what is inside sets, wins. */
export function layOptions(
  evaluator: Evaluator,
  workflow: Workflow,
  options: SignatureOptions,
  span: Span,
  scope: Scope,
): Workflow {
  const isOneTask =
    workflow.kind === "task" || workflow.kind === "hole" || workflow.kind === "either" || isMap(workflow);
  if (options.taskId !== undefined && !isOneTask) {
    evaluator.report("E310", scope, span, {});
  }
  if (Object.keys(options).length === 0) return workflow;
  return { ...workflow, options: { ...options, ...workflow.options } };
}

function isMap(workflow: Workflow): boolean {
  return workflow.kind === "mapping" && workflow.word !== "chunks";
}
