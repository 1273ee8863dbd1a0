/** The flow that a command line names, with its tasks loaded and its params bound. */
import type { SignatureData } from "@umbel/core";
import { compile } from "@umbel/dsl";
import { type FlowTasks, loadFlowTasks } from "../load/flow-tasks.ts";
import { readChosenFlow } from "./chosen-flow.ts";
import type { CommandContext } from "./context.ts";
import { exitCodeOfErrors, showDiagnostics } from "./diagnostics-screen.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readAllParams } from "./params.ts";

/** What names a flow and its params on a command line. */
export interface FlowOptions {
  readonly file: string | undefined;
  readonly expression?: string;
  readonly param?: readonly string[];
  readonly params?: string;
  readonly app?: string;
  readonly allowOutside?: boolean;
}

/** A flow that can be run. */
export interface CompiledFlow {
  readonly signature: SignatureData;
  readonly tasks: FlowTasks;
  /** Of its file, or of what stands for one. */
  readonly name: string;
}

/**
 * Reads, loads and compiles; tells the mistakes, and then gives an exit code instead.
 * @throws UsageError, ModuleError, FlowFileError
 */
export async function compileChosen(
  context: CommandContext,
  verb: string,
  options: FlowOptions,
): Promise<CompiledFlow | ExitCode> {
  const { terminal, directory } = context;
  const params = await readAllParams(options.param ?? [], options.params, directory);
  // From here on code of the user's runs.
  terminal.captureOutput();
  const source = await readChosenFlow(verb, options, directory);
  const tasks = await loadFlowTasks(source, options.app, directory, options);
  const { signature, diagnostics } = compile(source.text, { file: source.name, resolver: tasks.resolver, params });
  showDiagnostics(terminal, diagnostics, source, tasks);
  if (signature === undefined) return exitCodeOfErrors(diagnostics);
  context.signal.throwIfAborted();
  return { signature, tasks, name: source.name };
}
