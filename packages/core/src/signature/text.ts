/**
 * Signatures as flow text. One rule: the text compiles to an equal signature, or holds a `<…>` that no parser of the
 * language takes; it never means something else. The property tests are those of the dsl package.
 */
import { type Deep, runDeep } from "../deep.ts";
import { optionNames } from "../options.ts";
import type { GroupData, SignatureData } from "./data.ts";

/** Gives the flow text of a signature. What the language cannot say stands in `<…>`. */
export function signatureText(data: SignatureData): string {
  return runDeep(textOf(data)).text;
}

/** The text of a signature, and where it may stand as it is. */
interface Text {
  readonly text: string;
  /** It needs parentheses where it is a step. */
  readonly isLoose: boolean;
  /** It has no options; those of the whole could be taken for its own. */
  readonly isBare: boolean;
}

/** The text of a signature without its options. A loose one needs parentheses where more belongs to it. */
type BaseText = Omit<Text, "isBare">;

type Writing<Value> = Generator<Deep<Text>, Value, Text>;

function* textOf(data: SignatureData): Deep<Text> {
  const { text, isLoose } = yield* baseText(data);
  const options = yield* optionsText(data);
  if (options === "") return { text, isLoose, isBare: true };
  return { text: `${isLoose ? `(${text})` : text} ${options}`, isLoose: false, isBare: false };
}

const tight = (text: string): BaseText => ({ text, isLoose: false });

function* baseText(data: SignatureData): Writing<BaseText> {
  if (data.kind === "task") {
    return tight(`${taskName(data.task)}${data.immutable ? "!" : ""}(${argumentTexts(data).join(", ")})`);
  }
  const base = yield* compositeText(data);
  const given = data.kind === "each" ? { ...data, args: [] } : data;
  const isPlain = argumentTexts(given).length === 0 && data.immutable === undefined;
  if (isPlain) return base;
  return unsayable(`${base.text} given (${argumentTexts(given).join(", ")})${data.immutable ? ", immutable" : ""}`);
}

function* compositeText(data: Exclude<SignatureData, { kind: "task" }>): Writing<BaseText> {
  switch (data.kind) {
    case "chain": {
      const steps: string[] = [];
      for (const step of data.steps) steps.push(stepText(step, yield textOf(step)));
      const text = joined(steps, " | ");
      // One step alone is no chain in the language.
      return data.steps.length < 2 ? unsayable(`chain of ${text}`) : { text, isLoose: true };
    }
    case "group":
      return yield* groupText(data);
    case "chord":
      return tight(`chord(${(yield textOf(data.header)).text}, ${(yield textOf(data.body)).text})`);
    case "map":
    case "starmap":
      // `x.map(…)` could be the call of a task that is named "x.map".
      return tight(`${data.kind}(${taskName(data.task)}, ${valueText(data.items)})`);
    case "chunks":
      return tight(`chunks(${taskName(data.task)}, ${valueText(data.items)}, ${data.size})`);
    case "each": {
      const limit = data.limit === undefined ? "" : `, limit: ${data.limit}`;
      const each = `each(${(yield textOf(data.member)).text}${limit})`;
      const [first, ...rest] = (data.args ?? []).map(valueText);
      if (first === undefined) return tight(each);
      // A list that is known stands before it, and each value before that in front of it.
      const inner = rest.reduceRight((text, value) => `(${value} | ${text})`, each);
      return { text: `${first} | ${inner}`, isLoose: true };
    }
  }
}

/** Joins without copying, as `Array.join` would: what is nested deep would be copied at every level. */
function joined(texts: readonly string[], separator: string): string {
  let whole = "";
  for (const [position, text] of texts.entries()) whole += position === 0 ? text : separator + text;
  return whole;
}

/** A chain is spliced into one around it, so one inside another cannot be said. */
function stepText(step: SignatureData, { text, isLoose, isBare }: Text): string {
  if (!isBare) return text;
  if (step.kind === "chain") return unsayable(text).text;
  return step.kind === "each" && isLoose ? `(${text})` : text;
}

/** A group is flattened into one around it, so one inside another cannot be said. */
function* groupText(group: GroupData): Writing<BaseText> {
  const members: string[] = [];
  for (const member of group.members) {
    const { text } = yield textOf(member);
    members.push(member.kind === "group" ? unsayable(text).text : text);
  }
  const text = members.length === 0 ? EMPTY_GROUP : `[${joined(members, ", ")}]`;
  return group.unroll ? unsayable(`Celery's group ${text}`) : tight(text);
}

/** Written without members a group is an error; one that happens to have none is legal. */
const EMPTY_GROUP = "[x for x in []]";

function unsayable(text: string): BaseText {
  return tight(`<${text}>`);
}

function* optionsText(data: SignatureData): Writing<string> {
  if (data.options === undefined) return "";
  const { link = [], linkError = [], ...plain } = data.options;
  const entries = Object.entries(plain)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${optionName(data, name)}: ${valueText(value)}`);
  const parts = entries.length > 0 ? [`with {${entries.join(", ")}}`] : [];
  for (const callback of link) {
    const text = handlerText(yield textOf(callback));
    // A group has no single success.
    parts.push(data.kind === "group" ? unsayable("on success").text : `on success ${text}`);
  }
  for (const errback of linkError) parts.push(`on error ${handlerText(yield textOf(errback))}`);
  return joined(parts, " ");
}

function optionName(data: SignatureData, name: string): string {
  const isOneTask = data.kind === "task" || data.kind === "map" || data.kind === "starmap";
  const isKnown = optionNames.includes(name) && (name !== "taskId" || isOneTask);
  return isKnown ? name : unsayable(name).text;
}

function handlerText({ text, isLoose, isBare }: Text): string {
  return !isBare || isLoose ? `(${text})` : text;
}

function argumentTexts(data: Pick<SignatureData, "args" | "kwargs">): string[] {
  return [
    ...(data.args ?? []).map(valueText),
    ...Object.entries(data.kwargs ?? {}).map(
      ([name, value]) => `${WORD.test(name) ? name : unsayable(name).text}: ${valueText(value)}`,
    ),
  ];
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Words that cannot be a task's name without backticks; the last seven mean something of their own in front. */
const RESERVED: ReadonlySet<string> = new Set(
  "import as param let def for in if then else and or not with on true false null match when while wait group chain chord map starmap chunks each".split(
    " ",
  ),
);

function taskName(name: string): string {
  const [first = "", ...members] = name.split(".");
  const isPath = WORD.test(first) && !RESERVED.has(first) && members.every((member) => WORD.test(member));
  // `x.map` would be the mapping of a task `x`.
  if (isPath && !RESERVED.has(members.at(-1) ?? "")) return name;
  return name === "" || /[`\n]/.test(name) ? unsayable(JSON.stringify(name)).text : `\`${name}\``;
}

/** Gives the flow text of a value. What JSON does not have stands in `<…>`; what has a JSON form is printed as that. */
export function valueText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return stringText(value);
    case "number":
      return numberText(value);
    case "boolean":
      return String(value);
    case "object":
      return objectText(value);
    default:
      return unsayable(typeof value).text;
  }
}

function stringText(text: string): string {
  return JSON.stringify(text).replaceAll("${", "\\${").replace(UNSEEN, escapeUnit);
}

/** Characters that cannot be seen and turn the direction of text, or count as a byte order mark. */
const UNSEEN = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Whole numbers beyond the safe ones are written with an exponent, as literals of their own they are refused. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return unsayable(String(value)).text;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

function objectText(value: object | null): string {
  if (value === null) return "null";
  if (hasJsonForm(value)) return valueText(value.toJSON());
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => `${WORD.test(name) ? name : stringText(name)}: ${valueText(item)}`);
  return `{${entries.join(", ")}}`;
}

function hasJsonForm(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}
