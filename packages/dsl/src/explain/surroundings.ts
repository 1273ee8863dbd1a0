/** What the examples of the pages of codes have around them: a few tasks, and the files that they import. */
import { parametersFromFunction, parametersFromNames } from "@umbel/core";
import { ANY, type ValueType } from "../checker/value-types.ts";
import type { ImportAnswer, Resolver, TaskDeclaration } from "../resolver.ts";

const task = (name: string, ...parameters: string[]): TaskDeclaration => ({
  name,
  parameters: parametersFromNames(parameters),
  module: "./tasks.ts",
});

const number: ValueType = { sort: "number" };
const string: ValueType = { sort: "string" };

const typed = (
  declaration: TaskDeclaration,
  result: ValueType,
  ...parameters: readonly (readonly [string, ValueType])[]
): TaskDeclaration => ({
  ...declaration,
  types: { parameters: parameters.map(([name, type]) => ({ name, type })), result },
});

const TASKS: readonly TaskDeclaration[] = [
  typed(task("add", "x", "y"), number, ["x", number], ["y", number]),
  typed(task("mul", "x", "y"), number, ["x", number], ["y", number]),
  task("total", "numbers"),
  task("range", "n"),
  task("echo", "value"),
  typed(task("greet", "name", "greeting?"), string, ["name", ANY], ["greeting", string]),
  task("warn", "about"),
  task("images.crop", "file"),
  task("größe", "file"),
  {
    ...task("order", "pieces"),
    checkValues: ([pieces]) => {
      if (typeof pieces !== "number" || pieces < 1) throw new TypeError('task "order": `pieces`: must be at least 1');
    },
  },
  { name: "first", parameters: parametersFromFunction(([item]: unknown[]) => item), module: "./tasks.ts" },
];

const OTHER_TASKS: readonly TaskDeclaration[] = [{ ...task("add", "a", "b", "c"), module: "./other.ts" }];

/** The flows that the examples import, by their names. */
export const exampleFiles: Readonly<Record<string, string>> = {
  "./lib.flow": 'import "./tasks.ts"\n\nparam factor: int\ndef scaled(n) = mul(n, factor)\nlet _half = factor / 2\n',
  "./circle.flow": 'import "./example.flow"\n\nlet answer = 42\n',
  "./example.flow": 'import "./circle.flow"\n\nlet question = 6\n',
};

const MODULES: Readonly<Record<string, ImportAnswer>> = {
  "./tasks.ts": { kind: "tasks", tasks: TASKS },
  "./other.ts": { kind: "tasks", tasks: OTHER_TASKS },
  "./empty.ts": { kind: "tasks", tasks: [] },
};

const byName = new Map(TASKS.map((entry) => [entry.name, entry]));

/** Answers for an example: as `flow` does, all tasks are known to one that imports nothing. */
export function resolverFor(text: string): Resolver {
  const known = /^import /m.test(text) ? new Map<string, TaskDeclaration>() : byName;
  return {
    task: (name) => known.get(name),
    taskNames: () => known.keys(),
    import: (specifier) => {
      const flow = exampleFiles[specifier];
      if (flow !== undefined) return { kind: "flow", file: specifier, text: flow };
      return MODULES[specifier] ?? { kind: "failed", reason: `${specifier} does not exist` };
    },
  };
}
