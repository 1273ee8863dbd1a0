/**
 * What a task takes. One rule: a call is checked against this list in one place, `bindArguments`, wherever it comes
 * from; the language's checker and the worker ask the same function.
 */
import { type Node, parseExpressionAt } from "acorn";
import { ImproperlyConfigured } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

/** One parameter of a task. `args` and `kwargs` collect what is left over. */
export interface Parameter {
  readonly name: string;
  readonly kind: "positional" | "args" | "named" | "kwargs";
  readonly optional: boolean;
}

/** The parameters of a task, and how its function wants them. */
export interface ParameterList {
  readonly parameters: readonly Parameter[];
  /** Set when the names could not be read from the function and `params` is missing; names are `arg0`, `arg1`, … then. */
  readonly unreadable?: string;
  /** The function takes its rest (`...xs`) spread, as it was read from its source and not from `params`. */
  readonly spreadsRest: boolean;
}

/** Call arguments ready for the function, or what is wrong with them. */
export type Binding =
  | { readonly kind: "bound"; readonly args: readonly unknown[] }
  | { readonly kind: "refused"; readonly problem: ArgumentProblem };

/** What is wrong with a call, as facts; `describeProblem` words it. */
export type ArgumentProblem =
  | { readonly kind: "tooMany"; readonly most: number; readonly given: number }
  | { readonly kind: "missing"; readonly names: readonly string[] }
  | { readonly kind: "unknownName"; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: "twice"; readonly name: string }
  | { readonly kind: "namesUnreadable"; readonly reason: string; readonly name: string };

/**
 * Reads the list that a task author wrote: `["value", "*", "key"]`. `"*"` begins the parameters that go by name only,
 * `"*args"` and `"**kwargs"` collect, and a `?` after a name marks it optional.
 * Values by name only arrive as one last object; `*args` arrives as one list.
 * @throws ImproperlyConfigured for a list that has no meaning
 */
export function parametersFromNames(names: readonly string[], fn?: AnyFunction): ParameterList {
  const requiredByFunction = fn === undefined ? Number.POSITIVE_INFINITY : fn.length;
  const parameters: Parameter[] = [];
  let byNameOnly = false;
  for (const entry of names) {
    const optionalMark = entry.endsWith("?");
    const bare = optionalMark ? entry.slice(0, -1) : entry;
    const name = bare.replace(/^\*{1,2}/, "");
    const previous = parameters.at(-1);
    if (previous?.kind === "kwargs") {
      throw new ImproperlyConfigured(`params: nothing may follow "**${previous.name}"; got "${entry}" after it`);
    }
    if (bare === "*") {
      if (byNameOnly) throw new ImproperlyConfigured('params: "*" stands twice, or after "*args"');
      byNameOnly = true;
      continue;
    }
    if (!IDENTIFIER.test(name)) {
      throw new ImproperlyConfigured(`params: "${entry}" is not a parameter name`);
    }
    if (parameters.some((parameter) => parameter.name === name)) {
      throw new ImproperlyConfigured(`params: "${name}" stands twice`);
    }
    if (bare.startsWith("**")) {
      parameters.push({ name, kind: "kwargs", optional: true });
    } else if (bare.startsWith("*")) {
      if (byNameOnly) throw new ImproperlyConfigured(`params: "${entry}" must stand before "*"`);
      byNameOnly = true;
      parameters.push({ name, kind: "args", optional: true });
    } else if (byNameOnly) {
      parameters.push({ name, kind: "named", optional: optionalMark });
    } else {
      // A default in the function (`y = 1`) ends what `length` counts, and so marks the parameter optional too.
      parameters.push({ name, kind: "positional", optional: optionalMark || parameters.length >= requiredByFunction });
    }
  }
  return { parameters, spreadsRest: false };
}

// biome-ignore lint/suspicious/noExplicitAny: any function whatever may be a task; its types are held by Task's own parameters
export type AnyFunction = (...args: any[]) => unknown;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Reads the parameters from a function's source; `skip` leaves out the first ones (the bound task). */
export function parametersFromFunction(fn: AnyFunction, skip = 0): ParameterList {
  const read = readFunctionParameters(fn);
  if (typeof read === "string") {
    const count = Math.max(0, fn.length - skip);
    const parameters = Array.from({ length: count }, (_, index): Parameter => {
      return { name: `arg${index}`, kind: "positional", optional: false };
    });
    parameters.push({ name: "args", kind: "args", optional: true });
    return { parameters, unreadable: read, spreadsRest: true };
  }
  return { parameters: read.slice(skip), spreadsRest: true };
}

interface FunctionNode extends Node {
  params: PatternNode[];
}
interface PatternNode extends Node {
  name?: string;
  left?: PatternNode;
  argument?: PatternNode;
}

function readFunctionParameters(fn: AnyFunction): Parameter[] | string {
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}$/.test(source)) return "it is a native or bound function";
  const plain = PLAIN_PARAMETERS.exec(source);
  if (plain !== null) return plainParameters(plain[1] ?? plain[2] ?? "");
  const parsed = parseFunction(source);
  if (parsed === undefined) return "its source cannot be read";
  const parameters: Parameter[] = [];
  let seenDefault = false;
  for (const pattern of parsed.params) {
    const isDefault = pattern.type === "AssignmentPattern";
    const isRest = pattern.type === "RestElement";
    const target = isDefault ? pattern.left : isRest ? pattern.argument : pattern;
    if (target?.type !== "Identifier" || target.name === undefined) {
      return `its parameter ${parameters.length + 1} is destructured`;
    }
    seenDefault ||= isDefault;
    parameters.push({ name: target.name, kind: isRest ? "args" : "positional", optional: isRest || seenDefault });
  }
  return parameters;
}

/**
 * A function or arrow whose parameters are names and nothing else, as most are: to parse it whole takes milliseconds the first
 * time. Comments, defaults, patterns and methods are left to the parser.
 */
const PLAIN_PARAMETERS = /^(?:async\s+)?(?:(?:function\s*\*?\s*[\w$]*\s*)?\(([\w$\s,]*)\)\s*(?:=>|\{)|([\w$]+)\s*=>)/;

function plainParameters(list: string): Parameter[] {
  const names = list.split(",").map((name) => name.trim());
  // A trailing comma, or no parameter at all.
  if (names.at(-1) === "") names.pop();
  return names.map((name) => ({ name, kind: "positional", optional: false }));
}

function parseFunction(source: string): FunctionNode | undefined {
  // A method prints without `function`: it can be read only inside an object or a class.
  const readings = [`(${source})`, `({${source}})`, `(class{${source}})`];
  for (const reading of readings) {
    try {
      const found = findFunction(
        parseExpressionAt(reading, 0, {
          ecmaVersion: "latest",
          allowAwaitOutsideFunction: true,
          // `import.meta` and `#field` have their meaning from the module and the class around the function.
          allowImportExportEverywhere: true,
          checkPrivateFields: false,
        }),
      );
      if (found !== undefined) return found;
    } catch (error) {
      // A SyntaxError says only that this reading is not the right one.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

function findFunction(node: Node): FunctionNode | undefined {
  switch (node.type) {
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return node as FunctionNode;
    case "ParenthesizedExpression":
      return findFunction((node as Node & { expression: Node }).expression);
    case "ObjectExpression":
      return firstValue((node as Node & { properties: { value: Node }[] }).properties);
    case "ClassExpression":
      return firstValue((node as Node & { body: { body: { value: Node }[] } }).body.body);
    default:
      return undefined;
  }
}

function firstValue(members: { value: Node }[]): FunctionNode | undefined {
  const [member] = members;
  return member === undefined ? undefined : findFunction(member.value);
}

/** Lays positional and named arguments on the parameters; gives the arguments for the function, or the first problem. */
export function bindArguments(
  list: ParameterList,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>> = {},
): Binding {
  if (fitsByPosition(list, args.length) && isEmpty(kwargs)) return { kind: "bound", args };
  const names = Object.keys(kwargs);
  if (list.unreadable !== undefined && names[0] !== undefined) {
    return refused({ kind: "namesUnreadable", reason: list.unreadable, name: names[0] });
  }
  const positional = list.parameters.filter((parameter) => parameter.kind === "positional");
  const collectsArgs = list.parameters.some((parameter) => parameter.kind === "args");
  const collectsKwargs = list.parameters.some((parameter) => parameter.kind === "kwargs");
  if (args.length > positional.length && !collectsArgs) {
    return refused({ kind: "tooMany", most: positional.length, given: args.length });
  }
  const used = new Set<string>();
  const missing: string[] = [];
  const bound: unknown[] = [];
  const named: Record<string, unknown> = {};
  let position = 0;
  let lastGiven = 0;
  let hasNamed = false;
  for (const parameter of list.parameters) {
    switch (parameter.kind) {
      case "positional": {
        const byName = Object.hasOwn(kwargs, parameter.name);
        if (position < args.length) {
          if (byName) return refused({ kind: "twice", name: parameter.name });
          bound.push(args[position]);
          lastGiven = bound.length;
        } else if (byName) {
          used.add(parameter.name);
          bound.push(kwargs[parameter.name]);
          lastGiven = bound.length;
        } else {
          if (!parameter.optional) missing.push(parameter.name);
          bound.push(undefined);
        }
        position += 1;
        break;
      }
      case "args": {
        const rest = args.slice(positional.length);
        if (list.spreadsRest) bound.push(...rest);
        else bound.push(rest);
        if (!list.spreadsRest || rest.length > 0) lastGiven = bound.length;
        break;
      }
      case "named":
        hasNamed = true;
        if (Object.hasOwn(kwargs, parameter.name)) {
          used.add(parameter.name);
          named[parameter.name] = kwargs[parameter.name];
        } else if (!parameter.optional) {
          missing.push(parameter.name);
        }
        break;
      case "kwargs":
        hasNamed = true;
        break;
    }
  }
  for (const name of names) {
    if (used.has(name)) continue;
    if (!collectsKwargs) {
      const known = list.parameters
        .filter((parameter) => parameter.kind === "positional" || parameter.kind === "named")
        .map((parameter) => parameter.name);
      return refused({ kind: "unknownName", name, known });
    }
    Object.defineProperty(named, name, { value: kwargs[name], enumerable: true, writable: true, configurable: true });
  }
  if (missing.length > 0) return refused({ kind: "missing", names: missing });
  if (hasNamed) return { kind: "bound", args: [...bound, named] };
  // Trailing parameters that were left out stay out, so that `arguments.length` and rest parameters tell the truth.
  bound.length = lastGiven;
  return { kind: "bound", args: bound };
}

/** Whether so many arguments, none of them by name, are what a task of positional parameters takes: what most calls are. */
function fitsByPosition({ parameters }: ParameterList, given: number): boolean {
  if (given > parameters.length) return false;
  for (let position = 0; position < parameters.length; position += 1) {
    const parameter = parameters[position];
    if (parameter?.kind !== "positional" || (position >= given && !parameter.optional)) return false;
  }
  return true;
}

function isEmpty(record: object): boolean {
  for (const _name in record) return false;
  return true;
}

function refused(problem: ArgumentProblem): Binding {
  return { kind: "refused", problem };
}

/** Words a problem for people: `task "add" takes at most 2 arguments: (x, y); got 3`. */
export function describeProblem(taskName: string, list: ParameterList, problem: ArgumentProblem): string {
  const task = `task "${taskName}"`;
  switch (problem.kind) {
    case "tooMany": {
      const count = problem.most === 1 ? "1 argument" : `${problem.most} arguments`;
      const optional = list.parameters.some((parameter) => parameter.kind === "positional" && parameter.optional);
      return `${task} takes ${optional ? "at most " : ""}${count}: ${formatParameters(list)}; got ${problem.given}`;
    }
    case "missing": {
      const names = problem.names.map((name) => `\`${name}\``).join(", ");
      return `${task} takes ${formatParameters(list)}; ${names} ${problem.names.length === 1 ? "is" : "are"} missing`;
    }
    case "unknownName":
      return `${task} has no parameter \`${problem.name}\`${didYouMean(problem.name, problem.known)}; it takes ${formatParameters(list)}`;
    case "twice":
      return `${task} got \`${problem.name}\` twice, by position and by name; it takes ${formatParameters(list)}`;
    case "namesUnreadable":
      return `${task} cannot take \`${problem.name}\` by name, because ${problem.reason}; give the task \`params: [...]\``;
  }
}

/** Prints parameters as `(x, y?, *args, key)`; parameters by name only stand behind `*`. */
export function formatParameters(list: ParameterList): string {
  const parts: string[] = [];
  let byNameOnly = false;
  for (const parameter of list.parameters) {
    if (parameter.kind === "args") byNameOnly = true;
    if (parameter.kind === "named" && !byNameOnly) {
      parts.push("*");
      byNameOnly = true;
    }
    const prefix = parameter.kind === "args" ? "*" : parameter.kind === "kwargs" ? "**" : "";
    const isCollector = prefix !== "";
    parts.push(`${prefix}${parameter.name}${parameter.optional && !isCollector ? "?" : ""}`);
  }
  return `(${parts.join(", ")})`;
}
