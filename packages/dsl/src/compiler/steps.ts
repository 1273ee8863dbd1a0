/** Steps and members: `|`, `&`, and what is attached with `with` and `on`. */
import type { SignatureOptions } from "@umbel/core";
import type { Expression, HandlerAttachment, ParallelExpression, PipeExpression, StepExpression } from "../ast.ts";
import type { Value } from "../values.ts";
import { isUnknown, nameSort } from "../values.ts";
import { asWorkflow, flattened } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { feed } from "./feed.ts";
import { ANYTHING, type Meaning } from "./meaning.ts";
import { layOptions, readOptions } from "./options.ts";
import { makeChain, makeGroup, type Workflow } from "./workflow.ts";

/** What `a | b | c` means. A value may stand first; it goes where a result would. */
export function evaluatePipe(evaluator: Evaluator, expression: PipeExpression, scope: Scope): Meaning {
  const steps: Workflow[] = [];
  let value: Value | undefined;
  for (const [index, step] of expression.steps.entries()) {
    const meaning = evaluator.evaluate(step, scope);
    const first = index === 0 ? valueBeforePipe(meaning) : undefined;
    if (first !== undefined) {
      value = first;
      continue;
    }
    if (index > 0 && meaning.kind === "value" && !isUnknown(meaning.value)) {
      evaluator.report("E418", scope, step, { got: nameSort(meaning.value) });
      continue;
    }
    const workflow = asWorkflow(evaluator, meaning, "a step of `|`", step, scope);
    if (steps.length === 0 && value !== undefined) {
      evaluator.countSteps(workflow.size, step, scope);
      steps.push(feed(evaluator, workflow, evaluator.data.make(value)));
      continue;
    }
    if (index > 0) evaluator.arity.checkStart(workflow, 1);
    steps.push(workflow);
  }
  if (steps.length === 0) return ANYTHING;
  return { kind: "workflow", workflow: makeChain(steps, evaluator.originOf(expression, scope)) };
}

/** A value that stands first; an empty list of a comprehension is one here. */
function valueBeforePipe(meaning: Meaning): Value | undefined {
  if (meaning.kind === "list") return undefined;
  return meaning.kind === "value" ? meaning.value : undefined;
}

/** What `a & b & c` means. */
export function evaluateParallel(evaluator: Evaluator, expression: ParallelExpression, scope: Scope): Meaning {
  const members = expression.members.map((member) =>
    asWorkflow(evaluator, evaluator.evaluate(member, scope), "a member of `&`", member, scope),
  );
  const origin = evaluator.originOf(expression, scope);
  return { kind: "workflow", workflow: makeGroup(flattened(evaluator, members, scope), origin) };
}

/** What a step with options and handlers means. Of two `with` in a row the later wins; what is inside wins over both. */
export function evaluateStep(evaluator: Evaluator, expression: StepExpression, scope: Scope): Meaning {
  const meaning = evaluator.evaluate(expression.of, scope);
  let workflow = asWorkflow(evaluator, meaning, "what options and handlers belong to", expression.of, scope);
  let options: SignatureOptions | undefined;
  for (const attachment of expression.attachments) {
    if (attachment.kind === "with") options = { ...options, ...readOptions(evaluator, attachment.options, scope) };
    else workflow = attachHandler(evaluator, workflow, expression.of, attachment, scope);
  }
  if (options !== undefined) workflow = layOptions(evaluator, workflow, options, expression, scope);
  return { kind: "workflow", workflow };
}

function attachHandler(
  evaluator: Evaluator,
  workflow: Workflow,
  step: Expression,
  attachment: HandlerAttachment,
  scope: Scope,
): Workflow {
  const where = `a handler of \`on ${attachment.event}\``;
  const handler = asWorkflow(
    evaluator,
    evaluator.evaluate(attachment.handler, scope),
    where,
    attachment.handler,
    scope,
  );
  evaluator.arity.checkStart(handler, attachment.event === "error" ? "error" : 1);
  const size = workflow.size + handler.size;
  const depth = Math.max(workflow.depth, handler.depth + 1);
  if (attachment.event === "error")
    return { ...workflow, errbacks: [...(workflow.errbacks ?? []), handler], size, depth };
  if (workflow.kind === "group") {
    evaluator.report("E311", scope, attachment, { fix: fixText(scope, step, attachment.handler) });
    return workflow;
  }
  return { ...workflow, links: [...(workflow.links ?? []), handler], size, depth };
}

function fixText(scope: Scope, step: Expression, handler: Expression): string {
  const { text } = scope.module.source;
  const shorten = (expression: Expression): string => {
    const written = text.slice(expression.start, expression.end);
    return written.length > LONGEST_FIX || written.includes("\n") ? "…" : written;
  };
  return `${shorten(step)} | ${shorten(handler)}`;
}

const LONGEST_FIX = 40;
