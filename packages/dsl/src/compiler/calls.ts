/** Names with what stands behind them: calls, indexes, members. */
import { formatParameters } from "@umbel/core";
import type { Argument, CallSuffix, Expression, PostfixExpression, Suffix } from "../ast.ts";
import { nearestName } from "../checker/suggest.ts";
import type { TaskDeclaration } from "../resolver.ts";
import type { Span } from "../source.ts";
import { isList, isObject, isUnknown, nameSort, sortOf, UNKNOWN_DATA, Unknown, type Value } from "../values.ts";
import { asValue, asWorkflow } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { expandDef, spreadMeanings } from "./expand.ts";
import { makeImmutable } from "./feed.ts";
import { ANYTHING, type Meaning, nameMeaning } from "./meaning.ts";
import { isPrivate } from "./module.ts";
import { callMapping, callWord } from "./words.ts";
import type { Workflow } from "./workflow.ts";

/** What a bare name means. */
export function evaluateName(evaluator: Evaluator, expression: Expression, name: string, scope: Scope): Meaning {
  const resolution = evaluator.resolutions.get(expression);
  switch (resolution?.kind) {
    case "local": {
      for (let local = scope.locals; local !== undefined; local = local.outer) {
        if (local.name === name) return local.meaning;
      }
      return ANYTHING;
    }
    case "definition":
      return scope.meanings.get(resolution.definition) ?? ANYTHING;
    case "imported": {
      const flow = scope.meanings.get(resolution.definition);
      return (flow?.kind === "flow" ? flow.exports.get(resolution.name) : undefined) ?? ANYTHING;
    }
    case "word":
      return { kind: "word", word: resolution.word };
    case "task":
      return { kind: "task", task: resolution.task };
    case "mapping":
      return { kind: "mapping", word: resolution.word, task: resolution.task };
    case "unknown":
    case undefined:
      return ANYTHING;
  }
}

/** What a head with its suffixes means. */
export function evaluatePostfix(evaluator: Evaluator, expression: PostfixExpression, scope: Scope): Meaning {
  const { head, suffixes } = expression;
  const skipped = evaluator.resolutions.get(head)?.members ?? 0;
  let meaning = evaluator.evaluate(head, scope);
  let span: Span = { start: head.start, end: suffixes[skipped - 1]?.end ?? head.end };
  let isName = head.kind === "name" || head.kind === "quoted" || head.kind === "given";
  for (let index = skipped; index < suffixes.length; index += 1) {
    const suffix = suffixes[index];
    if (suffix === undefined) break;
    meaning = applySuffix(evaluator, meaning, suffix, span, isName, scope);
    span = { start: expression.start, end: suffix.end };
    isName = suffix.kind === "member";
  }
  return meaning;
}

function applySuffix(
  evaluator: Evaluator,
  meaning: Meaning,
  suffix: Suffix,
  span: Span,
  isName: boolean,
  scope: Scope,
): Meaning {
  switch (suffix.kind) {
    case "call":
      return call(evaluator, meaning, suffix, span, isName, scope);
    case "index":
      return indexInto(evaluator, meaning, evaluator.evaluate(suffix.index, scope), suffix.index, span, scope);
    case "member":
      return member(evaluator, meaning, suffix.name, { start: suffix.start + 1, end: suffix.end }, scope);
  }
}

function call(
  evaluator: Evaluator,
  meaning: Meaning,
  suffix: CallSuffix,
  span: Span,
  isName: boolean,
  scope: Scope,
): Meaning {
  switch (meaning.kind) {
    case "task":
      if (isName) return { kind: "workflow", workflow: callTask(evaluator, meaning.task, suffix, span, scope) };
      break;
    case "def":
      if (isName) {
        const expanded = expandDef(evaluator, meaning, suffix, span, scope);
        if (!suffix.isImmutable || expanded.kind === "anything") return expanded;
        return {
          kind: "workflow",
          workflow: makeImmutable(asWorkflow(evaluator, expanded, "what `!` stands on", span, scope)),
        };
      }
      break;
    case "word":
      return callWord(evaluator, meaning.word, suffix, span, scope);
    case "mapping":
      return callMapping(evaluator, meaning.word, meaning.task, suffix, span, scope);
    case "anything":
      for (const argument of suffix.args) evaluator.evaluate(argument.value, scope);
      return ANYTHING;
    case "value":
    case "workflow":
    case "flow":
    case "list":
      break;
  }
  for (const argument of suffix.args) evaluator.evaluate(argument.value, scope);
  if (meaning.kind !== "value" || !(isUnknown(meaning.value) && meaning.value.type === undefined)) {
    evaluator.report("E308", scope, span, { what: nameMeaning(meaning) });
  }
  return ANYTHING;
}

function callTask(evaluator: Evaluator, task: TaskDeclaration, suffix: CallSuffix, span: Span, scope: Scope): Workflow {
  const args: unknown[] = [];
  let kwargs: Record<string, unknown> | undefined;
  // Where arguments are not known or in disorder, their number says nothing.
  let isOpen = false;
  for (const argument of suffix.args) {
    const meaning = evaluator.evaluate(argument.value, scope);
    if (argument.isSpread) {
      const spread = spreadMeanings(evaluator, meaning, argument, scope);
      if (spread === undefined) isOpen = true;
      else for (const item of spread) args.push(argumentData(evaluator, item, task, argument, scope));
      continue;
    }
    const data = argumentData(evaluator, meaning, task, argument, scope);
    if (argument.name === undefined) {
      args.push(data);
      if (kwargs !== undefined) isOpen = true;
      continue;
    }
    kwargs ??= {};
    const { name } = argument.name;
    if (Object.hasOwn(kwargs, name)) {
      evaluator.report("E304", scope, argument.name, {
        what: `task "${task.name}"`,
        takes: formatParameters(task.parameters),
        name,
        arriving: false,
      });
      isOpen = true;
    }
    if (name !== "__proto__") kwargs[name] = data;
    else Object.defineProperty(kwargs, name, { value: data, enumerable: true, writable: true, configurable: true });
  }
  return {
    kind: "task",
    task,
    args,
    kwargs: kwargs ?? NO_KWARGS,
    isImmutable: suffix.isImmutable,
    isOpen,
    written: suffix.args,
    origin: evaluator.originOf(span, scope),
    size: 1,
    depth: 1,
  };
}

const NO_KWARGS: Readonly<Record<string, unknown>> = {};

function argumentData(
  evaluator: Evaluator,
  meaning: Meaning,
  task: TaskDeclaration,
  argument: Argument,
  scope: Scope,
): unknown {
  if (meaning.kind === "value") return evaluator.data.make(meaning.value);
  const what = `task "${task.name}"`;
  if (meaning.kind === "workflow" || (meaning.kind === "list" && meaning.items.length > 0)) {
    const text = scope.module.source.text.slice(argument.value.start, argument.value.end);
    const isShort = text.length <= LONGEST_FIX && !text.includes("\n");
    evaluator.report("E309", scope, argument.value, {
      what,
      argument: text,
      rest: isShort ? `${task.name}(…)` : undefined,
    });
    return UNKNOWN_DATA;
  }
  const value = asValue(evaluator, meaning, `an argument of ${what}`, argument.value, scope);
  return value === undefined ? UNKNOWN_DATA : evaluator.data.make(value);
}

const LONGEST_FIX = 60;

function indexInto(
  evaluator: Evaluator,
  meaning: Meaning,
  index: Meaning,
  indexSpan: Span,
  span: Span,
  scope: Scope,
): Meaning {
  if (meaning.kind === "anything" || index.kind === "anything") return ANYTHING;
  const key = asValue(evaluator, index, "an index", indexSpan, scope);
  if (key === undefined) return ANYTHING;
  if (meaning.kind === "list") {
    if (isUnknown(key)) return ANYTHING;
    if (typeof key !== "number") {
      evaluator.report("E416", scope, indexSpan, { of: "a list", got: nameSort(key), wanted: "a number" });
      return ANYTHING;
    }
    return itemAt(evaluator, meaning.items, key, indexSpan, scope) ?? ANYTHING;
  }
  const of = asValue(evaluator, meaning, "what is indexed", span, scope);
  if (of === undefined) return ANYTHING;
  if (isList(of)) return indexList(evaluator, of, key, indexSpan, scope);
  if (isObject(of)) return indexObject(evaluator, of, key, indexSpan, scope);
  if (isUnknown(of) && (of.type === undefined || of.type === "list" || of.type === "object")) return unknown();
  evaluator.report("E415", scope, span, { got: nameSort(of), access: "items" });
  return ANYTHING;
}

function indexList(evaluator: Evaluator, list: readonly Value[], key: Value, span: Span, scope: Scope): Meaning {
  if (isUnknown(key) && (key.type === undefined || key.type === "number")) return unknown();
  if (typeof key !== "number") {
    evaluator.report("E416", scope, span, { of: "a list", got: nameSort(key), wanted: "a number" });
    return ANYTHING;
  }
  const item = itemAt(evaluator, list, key, span, scope);
  return item === undefined ? ANYTHING : { kind: "value", value: item };
}

function itemAt<T>(evaluator: Evaluator, items: readonly T[], index: number, span: Span, scope: Scope): T | undefined {
  const item = items.at(index);
  const isThere = Number.isInteger(index) && index < items.length && index >= -items.length;
  if (!isThere) evaluator.report("E409", scope, span, { index, length: items.length });
  return isThere ? item : undefined;
}

function indexObject(
  evaluator: Evaluator,
  object: ReadonlyMap<string, Value>,
  key: Value,
  span: Span,
  scope: Scope,
): Meaning {
  if (isUnknown(key) && (key.type === undefined || key.type === "string")) return unknown();
  if (typeof key !== "string") {
    evaluator.report("E416", scope, span, { of: "an object", got: nameSort(key), wanted: "a string" });
    return ANYTHING;
  }
  const value = object.get(key);
  if (value !== undefined) return { kind: "value", value };
  evaluator.report("E410", scope, span, { key, nearest: nearestName(key, [...object.keys()]) });
  return ANYTHING;
}

function member(evaluator: Evaluator, meaning: Meaning, name: string, nameSpan: Span, scope: Scope): Meaning {
  if (meaning.kind === "anything") return ANYTHING;
  if (meaning.kind === "value") {
    const { value } = meaning;
    if (isObject(value)) return indexObject(evaluator, value, name, nameSpan, scope);
    if (isUnknown(value) && (sortOf(value) === undefined || sortOf(value) === "object")) return unknown();
    evaluator.report("E415", scope, nameSpan, { got: nameSort(value), access: `member \`${name}\`` });
    return ANYTHING;
  }
  if (meaning.kind === "flow") return exported(evaluator, meaning, name, nameSpan, scope);
  evaluator.report("E415", scope, nameSpan, { got: nameMeaning(meaning), access: `member \`${name}\`` });
  return ANYTHING;
}

function exported(
  evaluator: Evaluator,
  flow: Extract<Meaning, { kind: "flow" }>,
  name: string,
  nameSpan: Span,
  scope: Scope,
): Meaning {
  const meaning = flow.exports.get(name);
  if (meaning !== undefined) return meaning;
  // What a broken statement without a name would have defined is not known.
  const isOpen = flow.module.file.statements.some((statement) => statement.kind === "broken");
  if (!isOpen) {
    const nearest = nearestName(name, [...flow.exports.keys()]);
    const facts = { name, module: flow.module.source.file, nearest, isPrivate: isPrivate(name) };
    evaluator.report("E205", scope, nameSpan, facts);
  }
  return ANYTHING;
}

function unknown(): Meaning {
  return { kind: "value", value: new Unknown(undefined) };
}
