/**
 * Whether what a step gives is what the next takes, where both are known. One rule: what a workflow gives does not depend
 * on what it gets, so each is looked at once for each thing that comes to it, however often it is used.
 */
import type { Origin, TaskCall, Workflow } from "../compiler/workflow.ts";
import { holdsUnknown, type Reporter } from "./arity.ts";
import { ANY, areAtOdds, nameType, typeOfData, unionOf, type ValueType } from "./value-types.ts";

/** What comes to a workflow, and from where. */
interface Arriving {
  readonly type: ValueType;
  /** Names it in a sentence. */
  readonly from: string;
}

const SOMETHING: Arriving = { type: ANY, from: "what the step before it gives" };

/** Checks workflows whose tasks have types. */
export class TypeChecker {
  readonly #reporter: Reporter;
  readonly #results = new WeakMap<Workflow, ValueType>();
  readonly #started = new WeakMap<Workflow, Set<ValueType | undefined>>();
  readonly #lists = new WeakMap<ValueType, ValueType>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Checks a workflow with all that is in it; `arriving` is what comes to its start, if anything. */
  check(workflow: Workflow, arriving: Arriving | undefined): void {
    if (workflow.kind === "task" && workflow.links === undefined && workflow.errbacks === undefined) {
      this.#checkCall(workflow, arriving);
      return;
    }
    const seen = this.#started.get(workflow) ?? new Set();
    if (seen.has(arriving?.type)) return;
    const isFirst = seen.size === 0;
    seen.add(arriving?.type);
    this.#started.set(workflow, seen);
    if (isFirst) this.#checkHandlers(workflow);
    switch (workflow.kind) {
      case "task":
        this.#checkCall(workflow, arriving);
        return;
      case "chain": {
        let before = arriving;
        for (const [index, step] of workflow.steps.entries()) {
          if (index === 0 || isFirst) this.check(step, before);
          before = this.#arrivingFrom(step);
        }
        return;
      }
      case "group":
        for (const member of workflow.members) this.check(member, arriving);
        return;
      case "chord":
        this.check(workflow.header, arriving);
        if (isFirst) this.check(workflow.body, this.#arrivingFrom(workflow.header));
        return;
      case "each":
        this.#checkEach(workflow, arriving);
        return;
      case "either":
        for (const choice of workflow.choices) this.check(choice, arriving);
        return;
      case "mapping":
      case "hole":
        return;
    }
  }

  #checkHandlers(workflow: Workflow): void {
    for (const link of workflow.links ?? []) this.check(link, this.#arrivingFrom(workflow));
    // What an errback gets depends on its task; its own arguments are behind that, so nothing is known of their places.
    for (const errback of workflow.errbacks ?? []) if (errback.kind !== "task") this.check(errback, undefined);
  }

  #checkEach(workflow: Extract<Workflow, { kind: "each" }>, arriving: Arriving | undefined): void {
    const [written] = workflow.args;
    const list = written === undefined ? arriving : { type: typeOfData(written), from: "the value before it" };
    if (list === undefined || workflow.isImmutable) {
      this.check(workflow.member, SOMETHING);
      return;
    }
    // A value that is no list fails when it runs, as it does where it is sent along.
    if (written === undefined && areAtOdds(list.type, { sort: "list", of: ANY })) {
      this.#report(workflow.origin, "`each`", "the list", list, { sort: "list", of: ANY });
    }
    const item = list.type.sort === "list" ? { type: list.type.of, from: `an item of ${list.from}` } : SOMETHING;
    this.check(workflow.member, item);
  }

  #checkCall(call: TaskCall, arriving: Arriving | undefined): void {
    const { types } = call.task;
    if (types === undefined || call.isOpen) return;
    const offset = arriving === undefined || call.isImmutable ? 0 : 1;
    const parameterAt = (index: number) =>
      types.parameters[index] ?? (types.rest === undefined ? undefined : { name: "…", type: types.rest });
    const what = `task "${call.task.name}"`;
    const first = parameterAt(0);
    if (offset === 1 && arriving !== undefined && first !== undefined && areAtOdds(arriving.type, first.type)) {
      this.#report(call.origin, what, `\`${first.name}\``, arriving, first.type);
    }
    // What the schema was asked already is not told a second time.
    if (offset === 0 && call.task.checkValues !== undefined && !holdsUnknown([call.args, call.kwargs])) return;
    // A value that was piped in stands in front of those that are written.
    const positional = call.written.filter((written) => written.name === undefined);
    const hasSpread = positional.some((written) => written.isSpread);
    for (const [index, argument] of call.args.entries()) {
      const parameter = parameterAt(index + offset);
      const place = hasSpread ? undefined : positional[index - (call.args.length - positional.length)];
      if (parameter !== undefined) this.#checkArgument(call, place ?? call.origin.span, parameter, argument);
    }
    for (const [name, argument] of Object.entries(call.kwargs)) {
      const parameter = types.parameters.find((each) => each.name === name);
      const place = call.written.find((each) => each.name?.name === name);
      if (parameter !== undefined) this.#checkArgument(call, place ?? call.origin.span, parameter, argument);
    }
  }

  #checkArgument(
    call: TaskCall,
    span: Origin["span"],
    { name, type }: { readonly name: string; readonly type: ValueType },
    argument: unknown,
  ): void {
    const given = typeOfData(argument);
    if (!areAtOdds(given, type)) return;
    const what = `task "${call.task.name}"`;
    const { definedAt } = call.task;
    const facts = { what, name, wanted: nameType(type), given: nameType(given), definedAt };
    this.#reporter.reportAt("E315", { source: call.origin.source, span }, facts);
  }

  #report(origin: Origin, what: string, name: string, { type, from }: Arriving, wanted: ValueType): void {
    const facts = { what, name, from, given: nameType(type), wanted: nameType(wanted) };
    this.#reporter.reportAt("E314", origin, facts);
  }

  #arrivingFrom(workflow: Workflow): Arriving {
    const last = workflow.kind === "chain" ? workflow.steps.at(-1) : workflow;
    const from = last?.kind === "task" ? `what task "${last.task.name}" gives` : "what the step before it gives";
    return { type: this.resultOf(workflow), from };
  }

  /** The type of what a workflow gives. */
  resultOf(workflow: Workflow): ValueType {
    const known = this.#results.get(workflow);
    if (known !== undefined) return known;
    const result = this.#findResult(workflow);
    this.#results.set(workflow, result);
    return result;
  }

  #findResult(workflow: Workflow): ValueType {
    switch (workflow.kind) {
      case "task":
        return workflow.task.types?.result ?? ANY;
      case "chain": {
        const last = workflow.steps.at(-1);
        return last === undefined ? ANY : this.resultOf(last);
      }
      case "group":
        return this.#listOf(unionOf(workflow.members.map((member) => this.resultOf(member))));
      case "chord":
        return this.resultOf(workflow.body);
      case "each":
        return this.#listOf(this.resultOf(workflow.member));
      case "mapping": {
        const list = this.#listOf(workflow.task.types?.result ?? ANY);
        return workflow.word === "chunks" ? this.#listOf(list) : list;
      }
      case "either":
        return unionOf(workflow.choices.map((choice) => this.resultOf(choice)));
      case "hole":
        return ANY;
    }
  }

  /** The same object for the same type, so that it is known what was checked. */
  #listOf(of: ValueType): ValueType {
    const known = this.#lists.get(of);
    if (known !== undefined) return known;
    const list: ValueType = { sort: "list", of };
    this.#lists.set(of, list);
    return list;
  }
}
