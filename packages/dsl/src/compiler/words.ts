/** The built-in words as calls: one rule each, in one table. */
import type { CallSuffix } from "../ast.ts";
import type { TaskDeclaration } from "../resolver.ts";
import type { Span } from "../source.ts";
import { isList, isUnknown, nameSort } from "../values.ts";
import type { BuiltInWord, MappingWord } from "./built-in-words.ts";
import { asValue, asWorkflow, flattened } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { spreadMeanings } from "./expand.ts";
import { ANYTHING, type Meaning } from "./meaning.ts";
import { makeChain, makeGroup, makeHole, measure, type Workflow } from "./workflow.ts";

interface WordCall {
  readonly evaluator: Evaluator;
  readonly scope: Scope;
  readonly word: BuiltInWord;
  readonly span: Span;
  readonly positional: readonly WordArgument[];
  readonly named: ReadonlyMap<string, WordArgument>;
  /** What is spread is not known. */
  readonly isOpen: boolean;
}

interface WordArgument {
  readonly meaning: Meaning;
  readonly span: Span;
}

interface WordRule {
  /** How it is written, for messages. */
  readonly form: string;
  /** How many positional arguments it takes; `most` of a word that takes any number is absent. */
  readonly least: number;
  readonly most?: number;
  readonly names?: readonly string[];
  readonly make: (call: WordCall) => Meaning;
}

const RULES: Readonly<Record<BuiltInWord, WordRule>> = {
  group: { form: "group(a(), b())", least: 1, make: makeGroupOf },
  chain: { form: "chain(a(), b())", least: 1, make: makeChainOf },
  chord: { form: "chord([a(), b()], c())", least: 2, most: 2, make: makeChord },
  map: { form: "map(task, [1, 2])", least: 2, most: 2, make: (call) => makeWordMapping(call, "map") },
  starmap: {
    form: "starmap(task, [[1, 2], [3, 4]])",
    least: 2,
    most: 2,
    make: (call) => makeWordMapping(call, "starmap"),
  },
  chunks: {
    form: "chunks(task, [[1, 2], [3, 4]], 10)",
    least: 3,
    most: 3,
    make: (call) => makeWordMapping(call, "chunks"),
  },
  each: { form: "each(a(), limit: 50)", least: 1, most: 1, names: ["limit"], make: makeEach },
};

/** What the call of a built-in word means. */
export function callWord(evaluator: Evaluator, word: BuiltInWord, call: CallSuffix, span: Span, scope: Scope): Meaning {
  const positional: WordArgument[] = [];
  const named = new Map<string, WordArgument>();
  let isOpen = false;
  for (const argument of call.args) {
    const meaning = evaluator.evaluate(argument.value, scope);
    if (argument.isSpread) {
      const spread = spreadMeanings(evaluator, meaning, argument, scope);
      if (spread === undefined) isOpen = true;
      else for (const item of spread) positional.push({ meaning: item, span: argument.value });
    } else if (argument.name === undefined) {
      positional.push({ meaning, span: argument.value });
    } else {
      named.set(argument.name.name, { meaning, span: argument });
    }
  }
  const rule = RULES[word];
  const wordCall: WordCall = { evaluator, scope, word, span, positional, named, isOpen };
  const refuse = (problem: string, at: Span): Meaning => {
    evaluator.report("E312", scope, at, { word, problem, form: rule.form });
    return ANYTHING;
  };
  if (call.isImmutable) return refuse("takes no `!`", span);
  for (const [name, argument] of named) {
    if (!rule.names?.includes(name)) return refuse(`has no parameter \`${name}\``, argument.span);
  }
  if (isOpen) return { kind: "workflow", workflow: makeHole(evaluator.originOf(span, scope)) };
  if (positional.length < rule.least) {
    if (word !== "group" && word !== "chain") return refuse(`needs ${describeCount(rule)}`, span);
    evaluator.report("E412", scope, span, { what: `this ${word}` });
    return ANYTHING;
  }
  if (rule.most !== undefined && positional.length > rule.most) return refuse(`takes ${describeCount(rule)}`, span);
  return rule.make(wordCall);
}

function describeCount(rule: WordRule): string {
  return rule.least === 1 ? "one argument" : `${rule.least} arguments`;
}

function workflow(made: Workflow): Meaning {
  return { kind: "workflow", workflow: made };
}

function workflowsOf({ evaluator, scope, positional, word }: WordCall): readonly Workflow[] {
  return positional.map(({ meaning, span }) =>
    asWorkflow(evaluator, meaning, `an argument of \`${word}\``, span, scope),
  );
}

function makeGroupOf(call: WordCall): Meaning {
  const members = workflowsOf(call);
  const [only] = members;
  // `group([a, b])` is the group itself, as in Celery.
  if (members.length === 1 && only?.kind === "group") return workflow(only);
  return workflow(
    makeGroup(flattened(call.evaluator, members, call.scope), call.evaluator.originOf(call.span, call.scope)),
  );
}

function makeChainOf(call: WordCall): Meaning {
  const steps = workflowsOf(call);
  for (const step of steps.slice(1)) call.evaluator.arity.checkStart(step, 1);
  return workflow(makeChain(steps, call.evaluator.originOf(call.span, call.scope)));
}

function makeChord(call: WordCall): Meaning {
  const { evaluator, scope } = call;
  const [headerArgument, bodyArgument] = call.positional;
  if (headerArgument === undefined || bodyArgument === undefined) return ANYTHING;
  const origin = evaluator.originOf(call.span, scope);
  const body = asWorkflow(evaluator, bodyArgument.meaning, "the body of a chord", bodyArgument.span, scope);
  evaluator.arity.checkStart(body, 1);
  const header = asWorkflow(evaluator, headerArgument.meaning, "the header of a chord", headerArgument.span, scope);
  if (header.kind === "group") {
    return workflow({ kind: "chord", header, body, origin, ...measure([header, body], 0) });
  }
  if (header.kind !== "hole" && header.kind !== "either") {
    const problem = "takes a list of workflows as its header";
    evaluator.report("E312", scope, headerArgument.span, { word: "chord", problem, form: RULES.chord.form });
  }
  return ANYTHING;
}

function makeWordMapping(call: WordCall, word: MappingWord): Meaning {
  const [task, ...rest] = call.positional;
  if (task?.meaning.kind === "task")
    return makeMapping(call.evaluator, word, task.meaning.task, rest, call.span, call.scope);
  if (task?.meaning.kind !== "anything" && task !== undefined) {
    const problem = "takes a task by its name";
    call.evaluator.report("E312", call.scope, task.span, { word, problem, form: RULES[word].form });
  }
  return ANYTHING;
}

/** What `add.map(xs)` means. */
export function callMapping(
  evaluator: Evaluator,
  word: MappingWord,
  task: TaskDeclaration,
  call: CallSuffix,
  span: Span,
  scope: Scope,
): Meaning {
  const form = word === "chunks" ? `${task.name}.chunks([[1, 2], [3, 4]], 10)` : `${task.name}.${word}([1, 2])`;
  const wanted = word === "chunks" ? 2 : 1;
  const isPlain = call.args.every((argument) => argument.name === undefined && !argument.isSpread) && !call.isImmutable;
  if (!isPlain || call.args.length !== wanted) {
    for (const argument of call.args) evaluator.evaluate(argument.value, scope);
    const problem = word === "chunks" ? "takes a list and how many items a chunk has" : "takes one list";
    evaluator.report("E312", scope, span, { word, problem, form });
    return ANYTHING;
  }
  const args = call.args.map((argument) => ({
    meaning: evaluator.evaluate(argument.value, scope),
    span: argument.value,
  }));
  return makeMapping(evaluator, word, task, args, span, scope);
}

function makeMapping(
  evaluator: Evaluator,
  word: MappingWord,
  task: TaskDeclaration,
  args: readonly WordArgument[],
  span: Span,
  scope: Scope,
): Meaning {
  const [listArgument, sizeArgument] = args;
  if (listArgument === undefined) return ANYTHING;
  const origin = evaluator.originOf(span, scope);
  const value = asValue(evaluator, listArgument.meaning, `the list of \`${word}\``, listArgument.span, scope);
  const chunkSize =
    sizeArgument === undefined ? 0 : readCount(evaluator, word, "the size of a chunk", sizeArgument, scope);
  if (value === undefined || isUnknown(value)) return workflow(makeHole(origin));
  if (!isList(value)) {
    evaluator.report("E414", scope, listArgument.span, { got: nameSort(value), where: `\`${word}\`` });
    return ANYTHING;
  }
  if (chunkSize === undefined) return ANYTHING;
  const items = value.map((item) => evaluator.data.make(item));
  return workflow({ kind: "mapping", word, task, items, chunkSize, origin, size: 1, depth: 1 });
}

function makeEach(call: WordCall): Meaning {
  const { evaluator, scope } = call;
  const [argument] = call.positional;
  if (argument === undefined) return ANYTHING;
  const member = asWorkflow(evaluator, argument.meaning, "an argument of `each`", argument.span, scope);
  evaluator.arity.checkStart(member, 1);
  const limitArgument = call.named.get("limit");
  const limit = limitArgument === undefined ? undefined : readCount(evaluator, "each", "`limit`", limitArgument, scope);
  const origin = evaluator.originOf(call.span, scope);
  return workflow({ kind: "each", member, limit, args: [], isImmutable: false, origin, ...measure([member], 1) });
}

function readCount(
  evaluator: Evaluator,
  word: BuiltInWord,
  what: string,
  argument: WordArgument,
  scope: Scope,
): number | undefined {
  const value = asValue(evaluator, argument.meaning, what, argument.span, scope);
  if (value === undefined || isUnknown(value)) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  const problem = `takes a whole number of at least 1 for ${what.replaceAll("`", "")}`;
  evaluator.report("E312", scope, argument.span, { word, problem, form: RULES[word].form });
  return undefined;
}
