/**
 * What the parts of the evaluator share: the scope of names, the limits, and how something wrong is reported. One rule:
 * when a limit is reached everything ends quickly and quietly; nothing is thrown.
 */
import type { Expression } from "../ast.ts";
import { ArityChecker } from "../checker/arity.ts";
import type { Resolutions } from "../checker/resolution.ts";
import type { Code, FactsByCode } from "../codes.ts";
import type { Diagnostics, RelatedSpan } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { TaskDeclaration } from "../resolver.ts";
import type { Span } from "../source.ts";
import { DataMaker, isUnknown, nameSort, type Sort, type Value } from "../values.ts";
import type { GivenPart } from "./given.ts";
import { ANYTHING, type Meaning, type Meanings, nameMeaning } from "./meaning.ts";
import type { Module } from "./module.ts";
import type { Origin } from "./workflow.ts";

/** Names around an expression: a module's, and those of `for` and parameters, innermost first. */
export interface Scope {
  readonly module: Module;
  readonly meanings: Meanings;
  readonly locals: Locals | undefined;
}

export interface Locals {
  readonly name: string;
  readonly meaning: Meaning;
  readonly outer: Locals | undefined;
}

/** The scope with one more name in it. */
export function withLocal(scope: Scope, name: string, meaning: Meaning): Scope {
  return { module: scope.module, meanings: scope.meanings, locals: { name, meaning, outer: scope.locals } };
}

/** What is given beside the text, and the tasks that signatures among it call. */
export interface Given {
  readonly parts: readonly GivenPart[];
  readonly findTask: (name: string) => TaskDeclaration | undefined;
}

const NOTHING_GIVEN: Given = { parts: [], findTask: () => undefined };

/** Gives what an expression means. */
export type Evaluate = (evaluator: Evaluator, expression: Expression, scope: Scope) => Meaning;

/**
 * Levels of expressions and expansions inside one another; each takes about a kilobyte of the stack, of which Node
 * gives one megabyte.
 */
const DEEPEST = 700;

/** The state of one evaluation. */
export class Evaluator {
  readonly limits: Limits;
  readonly data = new DataMaker();
  readonly arity = new ArityChecker(this);
  readonly resolutions: Resolutions;
  readonly given: Given;
  readonly #diagnostics: Diagnostics;
  readonly #evaluate: Evaluate;
  /** The calls of defs that are being expanded, innermost last. */
  readonly #calls: RelatedSpan[] = [];
  readonly #valueDepths = new WeakMap<object, number>();
  #steps = 0;
  #depth = 0;
  #isExhausted = false;
  /** While a branch is looked at that is not taken: what depends on values is not reported. */
  #quiet = 0;

  constructor(
    evaluate: Evaluate,
    resolutions: Resolutions,
    limits: Limits,
    diagnostics: Diagnostics,
    given: Given = NOTHING_GIVEN,
  ) {
    this.given = given;
    this.#evaluate = evaluate;
    this.resolutions = resolutions;
    this.limits = limits;
    this.#diagnostics = diagnostics;
  }

  /** A limit is reached and reported; nothing further is worth doing. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  /** Gives what an expression means. */
  evaluate(expression: Expression, scope: Scope): Meaning {
    if (this.#isExhausted) return ANYTHING;
    this.countSteps(1, expression, scope);
    if (this.#depth >= DEEPEST) {
      this.exhaust("E908", scope, expression, { most: DEEPEST });
      return ANYTHING;
    }
    this.#depth += 1;
    const meaning = this.#evaluate(this, expression, scope);
    this.#depth -= 1;
    if (meaning.kind === "workflow" && meaning.workflow.depth > this.limits.depth) {
      this.exhaust("E908", scope, expression, { most: this.limits.depth });
      return ANYTHING;
    }
    return meaning;
  }

  /** Looks at an expression that is not evaluated, for what is wrong whatever the values are. */
  inspect(expression: Expression, scope: Scope): Meaning {
    this.#quiet += 1;
    const meaning = this.evaluate(expression, scope);
    this.#quiet -= 1;
    return meaning;
  }

  /** Evaluates inside the expansion of a def that is called, or of a flow that is imported, at `call`. */
  expand<T>(call: Origin, label: string, scope: Scope, run: () => T): T | undefined {
    if (this.#calls.length >= this.limits.expansions) {
      this.exhaust("E903", scope, call.span, { most: this.limits.expansions });
      return undefined;
    }
    this.#calls.push({ ...call, label });
    const result = run();
    this.#calls.pop();
    return result;
  }

  /** Counts work; too much of it ends the evaluation. */
  countSteps(steps: number, span: Span, scope: Scope): void {
    this.#steps += steps;
    if (this.#steps > this.limits.steps) this.exhaust("E907", scope, span, { most: this.limits.steps });
  }

  /** Reports something wrong. In an expansion, the call that led there is shown too. */
  report<C extends Code>(
    code: C,
    scope: Scope,
    span: Span,
    facts: FactsByCode[C],
    related: readonly RelatedSpan[] = [],
  ): void {
    this.reportAt(code, { source: scope.module.source, span }, facts, related);
  }

  /** Reports something wrong at a place that was kept. */
  reportAt<C extends Code>(code: C, origin: Origin, facts: FactsByCode[C], related: readonly RelatedSpan[] = []): void {
    if (this.#isExhausted) return;
    if (this.#quiet > 0 && VALUE_CODES.test(code)) return;
    const call = this.#calls.at(-1);
    const caller = call === undefined ? [] : [call];
    this.#diagnostics.report(code, origin.source, origin.span, facts, [...related, ...caller]);
  }

  /** Reports a limit that is reached, and ends the evaluation. */
  exhaust<C extends Code>(code: C, scope: Scope, span: Span, facts: FactsByCode[C]): void {
    if (this.#isExhausted) return;
    this.#diagnostics.report(code, scope.module.source, span, facts);
    this.#isExhausted = true;
  }

  /** Names a meaning in a sentence. */
  nameOf(meaning: Meaning): string {
    return nameMeaning(meaning);
  }

  /** Names a value's sort, unless it is not known and may be of the sort that is wanted. */
  unlessUnknown(value: Value, wanted: Sort): string | undefined {
    if (isUnknown(value) && (value.type === undefined || value.type === wanted)) return undefined;
    return nameSort(value);
  }

  /** Records how deep a list or object is; one that is too deep ends the evaluation. */
  recordDepth(made: Value, parts: Iterable<Value>, span: Span, scope: Scope): void {
    if (typeof made !== "object" || made === null) return;
    let depth = 1;
    for (const part of parts) {
      if (typeof part !== "object" || part === null) continue;
      depth = Math.max(depth, (this.#valueDepths.get(part) ?? 0) + 1);
    }
    if (depth > this.limits.depth) this.exhaust("E908", scope, span, { most: this.limits.depth });
    this.#valueDepths.set(made, depth);
  }

  /** The place of a span. */
  originOf(span: Span, scope: Scope): Origin {
    return { source: scope.module.source, span };
  }
}

/** Codes that say something of values, which a branch that is not taken may have otherwise. */
const VALUE_CODES = /^(E4|E307|W)/;
