/** Flow text that names 100,000 tasks, to a signature. Neither Redis nor a worker has part in it. */
import { compile as compileFlow } from "@umbel/dsl";

export const compile = {
  name: "compile",
  comparisons: [{ n: 100_000 }],
  counts: { bytes: false },
  worker: "none",
  prepare: async (bench) => {
    bench.text = flowText(bench.n);
  },
  run: async ({ n, text, tasks, check, now }) => {
    const declared = new Map(Object.values(tasks).map((task) => [task.name, task]));
    const resolver = {
      task: (name) => declared.get(name),
      taskNames: () => declared.keys(),
      import: () => ({ kind: "failed", reason: "nothing is imported here" }),
    };
    const startedAt = now();
    const { signature, diagnostics } = compileFlow(text, { file: "large.flow", resolver });
    const seconds = now() - startedAt;
    check(diagnostics.length === 0 && countTasks(signature) === n);
    return { seconds, figures: { text_mb: text.length / 1e6, tasks_per_s: n / seconds } };
  },
};

/** Chains of three in a group, and one task behind it, so n tasks. */
function flowText(n) {
  const lines = [];
  for (let i = 0; lines.length < Math.floor((n - 1) / 3); i += 1) lines.push(`  add(${i}, 1) | add(${i}) | square,`);
  for (let rest = (n - 1) % 3; rest > 0; rest -= 1) lines.push("  add(1, 1),");
  return `[\n${lines.join("\n")}\n] | total\n`;
}

function countTasks(data) {
  switch (data?.kind) {
    case "task":
      return 1;
    case "chain":
      return data.steps.reduce((sum, step) => sum + countTasks(step), 0);
    case "group":
      return data.members.reduce((sum, member) => sum + countTasks(member), 0);
    case "chord":
      return countTasks(data.header) + countTasks(data.body);
    default:
      return 0;
  }
}
