/**
 * Calls of defs: arguments to parameters, and the body in their place. One rule: a body sees the names of the place
 * where it is written, never those of its caller.
 */

import type { Argument, CallSuffix, DefStatement } from "../ast.ts";
import { nearestName } from "../checker/suggest.ts";
import type { Span } from "../source.ts";
import { isList } from "../values.ts";
import { type Evaluator, type Locals, type Scope, withLocal } from "./evaluator.ts";
import { ANYTHING, type Meaning } from "./meaning.ts";

type DefMeaning = Extract<Meaning, { kind: "def" }>;

/** What the call of a def means. */
export function expandDef(
  evaluator: Evaluator,
  meaning: DefMeaning,
  call: CallSuffix,
  nameSpan: Span,
  scope: Scope,
): Meaning {
  const given = bindDefArguments(evaluator, meaning, call, nameSpan, scope);
  if (given === undefined) return ANYTHING;
  const origin = evaluator.originOf({ start: nameSpan.start, end: Math.max(nameSpan.end, call.end) }, scope);
  const expanded = evaluator.expand(origin, "in this call", scope, () => {
    const inner = parameterScope(evaluator, meaning, given);
    return evaluator.evaluate(meaning.def.body, inner);
  });
  return expanded ?? ANYTHING;
}

/** The scope of a def's body; parameters without an argument take their defaults, which see the earlier ones. */
export function parameterScope(evaluator: Evaluator, meaning: DefMeaning, given: ReadonlyMap<string, Meaning>): Scope {
  let scope: Scope = { module: meaning.module, meanings: meaning.meanings, locals: undefined };
  for (const { name, defaultValue } of meaning.def.parameters) {
    const argument =
      given.get(name.name) ?? (defaultValue === undefined ? ANYTHING : evaluator.evaluate(defaultValue, scope));
    scope = withLocal(scope, name.name, argument);
  }
  return scope;
}

interface PositionalArgument {
  readonly meaning: Meaning;
  readonly span: Span;
}

function bindDefArguments(
  evaluator: Evaluator,
  meaning: DefMeaning,
  call: CallSuffix,
  nameSpan: Span,
  scope: Scope,
): ReadonlyMap<string, Meaning> | undefined {
  const { def } = meaning;
  const what = `the def "${def.name.name}"`;
  const names = def.parameters.map((parameter) => parameter.name.name);
  const takes = formatDef(def);
  const given = new Map<string, Meaning>();
  const positional: PositionalArgument[] = [];
  let isOpen = false;
  let isRefused = false;
  for (const argument of call.args) {
    const argumentMeaning = evaluator.evaluate(argument.value, scope);
    if (argument.isSpread) {
      const spread = spreadMeanings(evaluator, argumentMeaning, argument, scope);
      if (spread === undefined) isOpen = true;
      else for (const item of spread) positional.push({ meaning: item, span: argument.value });
    } else if (argument.name === undefined) {
      positional.push({ meaning: argumentMeaning, span: argument.value });
    } else if (!names.includes(argument.name.name)) {
      const nearest = nearestName(argument.name.name, names);
      evaluator.report("E303", scope, argument.name, { what, takes, name: argument.name.name, nearest });
      isRefused = true;
    } else if (given.has(argument.name.name)) {
      evaluator.report("E304", scope, argument.name, { what, takes, name: argument.name.name, arriving: false });
      isRefused = true;
    } else {
      given.set(argument.name.name, argumentMeaning);
    }
  }
  if (positional.length > names.length) {
    evaluator.report("E301", scope, nameSpan, {
      what,
      takes,
      most: names.length,
      given: positional.length,
      arriving: 0,
    });
    return undefined;
  }
  for (const [index, { meaning: positionalMeaning, span }] of positional.entries()) {
    const name = names[index] ?? "";
    if (given.has(name)) {
      evaluator.report("E304", scope, span, { what, takes, name, arriving: false });
      isRefused = true;
    }
    given.set(name, positionalMeaning);
  }
  const missing = def.parameters
    .filter((parameter) => parameter.defaultValue === undefined && !given.has(parameter.name.name))
    .map((parameter) => parameter.name.name);
  if (missing.length > 0 && !isOpen && !isRefused) {
    evaluator.report("E302", scope, nameSpan, { what, takes, names: missing }, [
      { source: meaning.module.source, span: def.name, label: "defined here" },
    ]);
    return undefined;
  }
  return isRefused ? undefined : given;
}

/** The items that `...` spreads; `undefined` where they are not known. */
export function spreadMeanings(
  evaluator: Evaluator,
  meaning: Meaning,
  item: Pick<Argument, "value">,
  scope: Scope,
): readonly Meaning[] | undefined {
  if (meaning.kind === "list") return meaning.items;
  if (meaning.kind === "anything") return undefined;
  if (meaning.kind === "value") {
    const { value } = meaning;
    if (isList(value)) return value.map((inner): Meaning => ({ kind: "value", value: inner }));
    const got = evaluator.unlessUnknown(value, "list");
    if (got === undefined) return undefined;
    evaluator.report("E414", scope, item.value, { got, where: "`...`" });
    return undefined;
  }
  evaluator.report("E414", scope, item.value, { got: evaluator.nameOf(meaning), where: "`...`" });
  return undefined;
}

function formatDef(def: DefStatement): string {
  const parameters = def.parameters.map(({ name, defaultValue }) =>
    defaultValue === undefined ? name.name : `${name.name}?`,
  );
  return `(${parameters.join(", ")})`;
}

/** A def's scope where nothing is known of its parameters. */
export function unknownParameters(meaning: DefMeaning): Scope {
  const locals = meaning.def.parameters.reduce<Locals | undefined>(
    (outer, { name }) => ({ name: name.name, meaning: ANYTHING, outer }),
    undefined,
  );
  return { module: meaning.module, meanings: meaning.meanings, locals };
}
