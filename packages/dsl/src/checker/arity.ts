/**
 * Whether calls fit their tasks, counted with what arrives from before. One rule: core's `bindArguments` decides, as it
 * does when the task runs; here is only found out what arrives.
 */
import { type ArgumentProblem, bindArguments, formatParameters } from "@umbel/core";
import type { Code, FactsByCode } from "../codes.ts";
import type { Origin, TaskCall, Workflow } from "../compiler/workflow.ts";
import type { Span } from "../source.ts";
import { UNKNOWN_DATA } from "../values.ts";
import { nearestName } from "./suggest.ts";

/**
 * What comes to the start of a workflow: so many arguments in front of its own; or not known, as of one that a `let`
 * names; or what an errback gets, which depends on its task.
 */
export type Arrival = 0 | 1 | "unknown" | "error";

/** Who is told what is wrong. */
export interface Reporter {
  reportAt<C extends Code>(code: C, origin: Origin, facts: FactsByCode[C]): void;
}

/** An argument that will be there, whatever it is. */
const ARRIVING: unknown = null;

/** What an errback of more than one positional parameter gets: request, error, traceback. */
const ERROR_ARGUMENTS = 3;

/** Checks workflows where it is known what arrives. Each composite is looked at once for each kind of arrival. */
export class ArityChecker {
  readonly #reporter: Reporter;
  readonly #checked: Readonly<Record<`${Arrival}`, WeakSet<Workflow>>> = {
    0: new WeakSet(),
    1: new WeakSet(),
    unknown: new WeakSet(),
    error: new WeakSet(),
  };

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Checks the tasks that start a workflow. */
  checkStart(workflow: Workflow, arrival: Arrival): void {
    const waiting: Workflow[] = [workflow];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.kind === "task") {
        this.#checkCall(next, arrival);
        continue;
      }
      const checked = this.#checked[arrival];
      if (checked.has(next)) continue;
      checked.add(next);
      switch (next.kind) {
        case "chain":
          if (next.steps[0] !== undefined) waiting.push(next.steps[0]);
          break;
        case "group":
          for (const member of next.members) waiting.push(member);
          break;
        case "chord":
          waiting.push(next.header);
          break;
        case "either":
          for (const choice of next.choices) waiting.push(choice);
          break;
        case "mapping":
          if (arrival === 1) this.#reporter.reportAt("W303", next.origin, { what: `\`${next.word}\`` });
          break;
        case "each":
          if (arrival === 0 && next.args.length === 0 && !next.isImmutable) this.#reportNoList(next.origin);
          break;
        case "hole":
          break;
      }
    }
  }

  #reportNoList(origin: Origin): void {
    const problem = "needs a list before it";
    this.#reporter.reportAt("E312", origin, { word: "each", problem, form: "[1, 2, 3] | each(…)" });
  }

  #checkCall(call: TaskCall, arrival: Arrival): void {
    if (call.isOpen) return;
    if (call.isImmutable) {
      this.#report(call, 0, this.#problemOf(call, 0));
      return;
    }
    if (arrival === "unknown") {
      // What comes is not known, so no value is checked.
      const alone = this.#problemOf(call, 0);
      const fed = alone === undefined ? undefined : this.#problemOf(call, 1);
      // What is wrong either way is wrong for certain.
      if (fed !== undefined)
        this.#report(call, alone?.kind === "missing" ? 1 : 0, alone?.kind === "missing" ? fed : alone);
      return;
    }
    const count = arrival === "error" ? errorArgumentCount(call) : arrival;
    this.#report(call, count, this.#problemOf(call, count));
  }

  /** Values are known only where nothing arrives. */
  #checkValues(call: TaskCall): void {
    const { task, args, kwargs } = call;
    if (task.checkValues === undefined || holdsUnknown([args, kwargs])) return;
    try {
      task.checkValues(args, kwargs);
    } catch (error) {
      // A schema that fails otherwise fails where the task runs, too; that is not the text's mistake.
      if (!(error instanceof TypeError)) return;
      this.#reporter.reportAt("E316", call.origin, { problem: error.message, definedAt: task.definedAt });
    }
  }

  #problemOf(call: TaskCall, arriving: number): ArgumentProblem | undefined {
    const args = arriving === 0 ? call.args : [...Array<unknown>(arriving).fill(ARRIVING), ...call.args];
    const binding = bindArguments(call.task.parameters, args, call.kwargs);
    return binding.kind === "refused" ? binding.problem : undefined;
  }

  #report(call: TaskCall, arriving: number, problem: ArgumentProblem | undefined): void {
    if (problem === undefined) {
      if (arriving === 0) this.#checkValues(call);
      return;
    }
    const { source } = call.origin;
    const { definedAt } = call.task;
    const what = `task "${call.task.name}"`;
    const takes = formatParameters(call.task.parameters);
    const at = (span: Span): Origin => ({ source, span });
    const written = (name: string): Span =>
      call.written.find((argument) => argument.name?.name === name)?.name ?? call.origin.span;
    const reporter = this.#reporter;
    switch (problem.kind) {
      case "tooMany":
        reporter.reportAt("E301", call.origin, {
          what,
          takes,
          most: problem.most,
          given: problem.given,
          arriving,
          definedAt,
        });
        return;
      case "missing":
        reporter.reportAt("E302", call.origin, { what, takes, names: problem.names, definedAt });
        return;
      case "unknownName": {
        const nearest = nearestName(problem.name, problem.known);
        reporter.reportAt("E303", at(written(problem.name)), { what, takes, name: problem.name, nearest, definedAt });
        return;
      }
      case "twice": {
        const isArriving =
          arriving > 0 && call.task.parameters.parameters.findIndex(({ name }) => name === problem.name) < arriving;
        reporter.reportAt("E304", at(written(problem.name)), { what, takes, name: problem.name, arriving: isArriving });
        return;
      }
      case "namesUnreadable":
        reporter.reportAt("E305", at(written(problem.name)), { what, name: problem.name, reason: problem.reason });
    }
  }
}

function errorArgumentCount(call: TaskCall): number {
  const { parameters } = call.task.parameters;
  const positional = parameters.filter((parameter) => parameter.kind === "positional").length;
  const collects = parameters.some((parameter) => parameter.kind === "args");
  return positional > 1 || collects ? ERROR_ARGUMENTS : 1;
}

/** Whether data holds something that is not known yet. */
export function holdsUnknown(data: unknown): boolean {
  if (data === UNKNOWN_DATA) return true;
  return typeof data === "object" && data !== null && Object.values(data).some(holdsUnknown);
}
