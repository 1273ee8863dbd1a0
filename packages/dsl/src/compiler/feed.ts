/** A value that goes, when compiled, where a result would: `x | w`. */
import type { Evaluator } from "./evaluator.ts";
import type { Workflow } from "./workflow.ts";

/** The workflow with the value in front of the arguments of what starts it. */
export function feed(evaluator: Evaluator, workflow: Workflow, data: unknown): Workflow {
  switch (workflow.kind) {
    case "task":
      if (workflow.isImmutable) {
        evaluator.reportAt("W301", workflow.origin, { what: `\`${workflow.task.name}!\`` });
        return workflow;
      }
      return { ...workflow, args: [data, ...workflow.args] };
    case "chain": {
      const [first, ...rest] = workflow.steps;
      return first === undefined ? workflow : { ...workflow, steps: [feed(evaluator, first, data), ...rest] };
    }
    case "group":
      return { ...workflow, members: workflow.members.map((member) => feed(evaluator, member, data)) };
    case "chord":
      return {
        ...workflow,
        header: { ...workflow.header, members: workflow.header.members.map((member) => feed(evaluator, member, data)) },
      };
    case "mapping":
      evaluator.reportAt("W301", workflow.origin, { what: `\`${workflow.word}\`` });
      return workflow;
    case "each":
      return { ...workflow, args: [data, ...workflow.args] };
    case "either":
      return { ...workflow, choices: workflow.choices.map((choice) => feed(evaluator, choice, data)) };
    case "hole":
      return workflow;
  }
}

/** The workflow that takes nothing from before. */
export function makeImmutable(workflow: Workflow): Workflow {
  switch (workflow.kind) {
    case "task":
    case "each":
      return { ...workflow, isImmutable: true };
    case "chain": {
      const [first, ...rest] = workflow.steps;
      return first === undefined ? workflow : { ...workflow, steps: [makeImmutable(first), ...rest] };
    }
    case "group":
      return { ...workflow, members: workflow.members.map(makeImmutable) };
    case "chord":
      return { ...workflow, header: { ...workflow.header, members: workflow.header.members.map(makeImmutable) } };
    case "either":
      return { ...workflow, choices: workflow.choices.map(makeImmutable) };
    case "mapping":
    case "hole":
      return workflow;
  }
}
