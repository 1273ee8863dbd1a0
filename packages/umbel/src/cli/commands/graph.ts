/** The words of `flow graph`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import { collect, OUTSIDE_OPTION, readCount } from "./options.ts";
import type { GraphOptions } from "./show-graph.ts";

const EXAMPLES = `
Loads the modules that the flow imports, but runs no task and needs no broker.

Formats: tree (text for people), mermaid, dot, svg, json, text (the flow as one line).
By default the one that the name after -o ends with (.svg, .mmd, .dot, .json, .txt, .flow), else tree.

Exit codes: 0 done, 2 wrong usage, 3 an invalid flow.

Examples:
  flow graph hello.flow
  flow graph hello.flow -p n=3 -o hello.svg
  flow graph hello.flow --format mermaid >> README.md
  flow graph -e 'add(4, 4) | mul(8)' -A tasks.ts --format dot | dot -Tpng > hello.png`;

/** Adds `flow graph`. */
export function declareGraph(program: Command, choose: Choose): void {
  program
    .command("graph")
    .description("draw what a workflow would run, and run nothing")
    .argument("[file]", "the flow file")
    .option("-e, --expression <flow>", "draw this text instead of a file")
    .option("-p, --param <name=value>", "a value for a param; may be given more than once", collect)
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside the file")
    .option(...OUTSIDE_OPTION)
    .option("--format <name>", "tree, mermaid, dot, svg, json or text")
    .option("-o, --output <file>", "write to this file instead of standard output")
    .option("--fold <n>", "draw more than this many that are alike as one (default: 20; in JSON none)", readCount)
    .option("--no-fold", "draw each, however many there are")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: Omit<GraphOptions, "file">) =>
      choose(async (context) => (await import("./show-graph.ts")).showGraph(context, { ...options, file })),
    );
}
