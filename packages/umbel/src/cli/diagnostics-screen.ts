/** What people see of a flow's mistakes, and the exit code that they lead to. */
import { type Diagnostic, renderDiagnostics } from "@umbel/dsl";
import type { FlowSource } from "../load/flow-source.ts";
import type { FlowTasks } from "../load/flow-tasks.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** Mistakes of the command line and not of the file: params that are missing, wrong, or not there. */
const PARAM_CODES: ReadonlySet<string> = new Set(["E503", "E504", "E505"]);

/** Whether there are errors, and not warnings alone. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Prints diagnostics with the lines they are about; nothing where there are none. */
export function showDiagnostics(
  terminal: Terminal,
  diagnostics: readonly Diagnostic[],
  source: FlowSource,
  { sources, tried }: FlowTasks,
): void {
  if (diagnostics.length === 0) return;
  terminal.note(renderDiagnostics(diagnostics, sources, { color: terminal.colors.isColorSupported }).trimEnd());
  if (tried === undefined || !hasErrors(diagnostics)) return;
  terminal.note(
    `\n${source.name} imports nothing, so its tasks come from the module beside it; there is none: tried ${tried}.\n` +
      'Put the tasks there, write `import "./FILE.ts"` at its head, or name the module: -A FILE.ts',
  );
}

/** The exit code for errors among diagnostics. */
export function exitCodeOfErrors(diagnostics: readonly Diagnostic[]): ExitCode {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return errors.every(({ code }) => PARAM_CODES.has(code)) ? EXIT.usage : EXIT.invalid;
}
