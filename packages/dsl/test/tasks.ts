/** The tasks that the tests' flows call, and a resolver that knows them. */
import { parametersFromFunction, parametersFromNames } from "@umbel/core";
import type { ImportAnswer, Resolver, TaskDeclaration, ValueType } from "../src/index.ts";

function task(name: string, ...parameters: string[]): TaskDeclaration {
  return { name, parameters: parametersFromNames(parameters), definedAt: `tasks.ts:${name}` };
}

const NUMBER: ValueType = { sort: "number" };
const STRING: ValueType = { sort: "string" };
const ID = { name: "id", type: STRING, isOptional: false };
const USER: ValueType = { sort: "object", keys: [ID, { name: "age", type: NUMBER, isOptional: true }] };
const MODE: ValueType = {
  sort: "union",
  of: [
    { sort: "literal", value: "fast" },
    { sort: "literal", value: "slow" },
  ],
};
const listOf = (of: ValueType): ValueType => ({ sort: "list", of });

function typed(
  declaration: TaskDeclaration,
  result: ValueType,
  ...parameters: readonly (readonly [string, ValueType])[]
): TaskDeclaration {
  return { ...declaration, types: { parameters: parameters.map(([name, type]) => ({ name, type })), result } };
}

export const tasks: readonly TaskDeclaration[] = [
  task("add", "x", "y"),
  task("mul", "x", "y"),
  task("tsum", "numbers"),
  task("id", "x?"),
  task("fetch", "url"),
  task("resize", "image", "size", "mode?"),
  task("upload", "image", "name"),
  task("index", "images"),
  task("notify", "who", "*", "on?"),
  task("fail"),
  task("report", "request", "error", "traceback"),
  task("log", "*lines"),
  { name: "opaque", parameters: parametersFromFunction(([x]: number[]) => x), definedAt: "tasks.ts:opaque" },
  task("images.resize", "image", "size"),
  task("images.import", "x"),
  task("größe", "x"),
  // With types: count(items: string[]): number; user(n: number, mode?: "fast" | "slow"): { id: string; age?: number };
  // greet(user: { id: string }, ...lines: string[]): string; list(n: number): number[].
  typed(task("count", "items"), NUMBER, ["items", listOf(STRING)]),
  typed(task("user", "n", "mode?"), USER, ["n", NUMBER], ["mode", MODE]),
  { ...typed(task("greet", "user", "*lines"), STRING, ["user", { sort: "object", keys: [ID] }]) },
  {
    ...task("order", "pieces", "note?"),
    checkValues: ([pieces]) => {
      if (Number(pieces) < 1) throw new TypeError('task "order": `pieces`: must be at least 1');
    },
  },
  typed(task("list", "n"), listOf(NUMBER), ["n", NUMBER]),
];

const byName = new Map(tasks.map((entry) => [entry.name, entry]));

/** Flows that the tests' flows import, by their names. */
export const flows: Readonly<Record<string, string>> = {
  "./lib.flow": `import "./tasks.ts"
param size: int
param name: string = "thumb"
let width = size * 2
let _half = size / 2
def thumbnail(mode = "fit") = resize(width, mode: mode) | upload("\${name}.png")
def shrink() = resize(_half)
log("never run")
`,
  "./nested.flow": `import "./lib.flow" as lib with {size: 10}
def small() = lib.thumbnail("crop")
`,
  "./circle.flow": 'import "./circle-back.flow"\nlet a = 1\n',
  "./circle-back.flow": 'import "./circle.flow"\nlet b = 1\n',
  "./broken.flow": "let a = (1\nlet = 2\ndef ok() = mull(1)\n",
  "./clash.flow": 'import "./other.ts"\ndef other() = extra()\n',
};

const modules: Readonly<Record<string, ImportAnswer>> = {
  "./tasks.ts": { kind: "tasks", tasks },
  "./other.ts": { kind: "tasks", tasks: [{ ...task("add", "a", "b", "c"), definedAt: "other.ts:3" }, task("extra")] },
  "./empty.ts": { kind: "tasks", tasks: [] },
};

/** Answers imports; `known` are the tasks that need none. */
export function makeResolver(known: ReadonlyMap<string, TaskDeclaration>): Resolver {
  return {
    task: (name) => known.get(name),
    taskNames: () => known.keys(),
    import: (specifier) => {
      const text = flows[specifier];
      if (text !== undefined) return { kind: "flow", file: specifier, text };
      return modules[specifier] ?? { kind: "failed", reason: "there is no such file" };
    },
  };
}

/** Knows all tasks without an import. */
export const resolver = makeResolver(byName);
/** Knows tasks by import only. */
export const importingResolver = makeResolver(new Map());
