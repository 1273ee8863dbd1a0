/** `flow check`: tells all mistakes of flow files. */
import { check, type JsonDiagnostic, jsonDiagnostics, jsonReport } from "@umbel/dsl";
import { readFlowFile } from "../../load/flow-source.ts";
import { loadFlowTasks } from "../../load/flow-tasks.ts";
import type { CommandContext } from "../context.ts";
import { hasErrors, showDiagnostics } from "../diagnostics-screen.ts";
import { errorScreen } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** The options of `flow check`, as commander gives them. */
export interface CheckOptions {
  readonly app?: string;
  readonly allowOutside?: boolean;
  readonly json?: boolean;
}

/** Checks the files one after the other; one that cannot be read does not keep the others from being checked. */
export async function checkFlows(
  context: CommandContext,
  files: readonly string[],
  options: CheckOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  terminal.captureOutput();
  if (options.json) return await checkAsJson(context, files, options);
  let invalid = 0;
  for (const file of files) {
    context.signal.throwIfAborted();
    if (!(await checkFile(context, file, options))) invalid += 1;
  }
  if (files.length > 1) terminal.note(`${files.length} files, ${invalid === 0 ? "all ok" : `${invalid} with errors`}`);
  return invalid === 0 ? EXIT.done : EXIT.invalid;
}

async function checkFile(context: CommandContext, file: string, options: CheckOptions): Promise<boolean> {
  const { terminal, directory } = context;
  try {
    const source = await readFlowFile(file, directory);
    const tasks = await loadFlowTasks(source, options.app, directory, { ...options, mayCompile: true });
    const { diagnostics } = check(source.text, { file: source.name, resolver: tasks.resolver });
    showDiagnostics(terminal, diagnostics, source, tasks);
    if (hasErrors(diagnostics)) return false;
    terminal.note(`${source.name}: ok`);
    return true;
  } catch (error) {
    terminal.error(errorScreen(error, { debug: context.debug }));
    return false;
  }
}

async function checkAsJson(
  context: CommandContext,
  files: readonly string[],
  options: CheckOptions,
): Promise<ExitCode> {
  const found: JsonDiagnostic[] = [];
  for (const file of files) {
    context.signal.throwIfAborted();
    found.push(...(await diagnosticsOf(context, file, options)));
  }
  const report = jsonReport(found);
  context.terminal.result(JSON.stringify(report, undefined, 2));
  return report.valid ? EXIT.done : EXIT.invalid;
}

async function diagnosticsOf(
  { directory, debug }: CommandContext,
  file: string,
  options: CheckOptions,
): Promise<readonly JsonDiagnostic[]> {
  try {
    const source = await readFlowFile(file, directory);
    const { resolver, sources } = await loadFlowTasks(source, options.app, directory, { ...options, mayCompile: true });
    return jsonDiagnostics(check(source.text, { file: source.name, resolver }).diagnostics, sources);
  } catch (error) {
    const [summary = "", ...rest] = errorScreen(error, { debug }).split("\n");
    return [{ severity: "error", summary, detail: rest.join("\n") }];
  }
}
