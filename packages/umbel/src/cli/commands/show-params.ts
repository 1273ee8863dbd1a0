/** `flow run FILE --help`: what a flow is, and the params that it takes. */
import { check, type DeclaredParam } from "@umbel/dsl";
import { loadFlowTasks } from "../../load/flow-tasks.ts";
import { readChosenFlow } from "../chosen-flow.ts";
import type { CommandContext } from "../context.ts";
import { hasErrors } from "../diagnostics-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { RunOptions } from "./run-flow.ts";

/**
 * Prints the doc of a flow and its params with theirs.
 * @throws UsageError, ModuleError, FlowFileError
 */
export async function showParams(context: CommandContext, options: RunOptions): Promise<ExitCode> {
  const { terminal, directory } = context;
  terminal.captureOutput();
  const source = await readChosenFlow("run", options, directory);
  const { resolver } = await loadFlowTasks(source, options.app, directory, options);
  const { params, doc, diagnostics } = check(source.text, { file: source.name, resolver });
  const name = options.expression === undefined ? source.name : "-e …";
  const required = params.filter(({ isRequired }) => isRequired).map((param) => ` -p ${param.name}=…`);
  const isShorter = params.length > required.length;
  terminal.result(
    [
      `Usage: flow run ${name}${required.join("")}${isShorter ? " [-p name=value]…" : ""}`,
      ...(doc === undefined ? [] : [doc]),
      params.length === 0 ? "It has no params." : `Params:\n${params.map(describe).join("\n")}`,
      "The options of `flow run` itself: flow run --help",
    ].join("\n\n"),
  );
  if (hasErrors(diagnostics)) terminal.warn(`${source.name} has mistakes; see them with \`flow check ${name}\``);
  return EXIT.done;
}

function describe({ name, typeText, doc, isRequired, defaultText }: DeclaredParam): string {
  const fallback = defaultText?.split("\n")[0] ?? "null";
  const rest = defaultText?.includes("\n") ? " …" : "";
  const lines = (doc ?? "").split("\n").filter((line) => line !== "");
  return [
    `  ${name}: ${typeText}${isRequired ? "" : ` = ${fallback}${rest}`}`,
    ...lines.map((line) => `      ${line}`),
  ].join("\n");
}
