/** Runs the command `flow` as users do: what was built, by its bin. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** What a run came to. */
export interface FlowResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what it runs. */
export interface FlowOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A run that was begun. */
export interface FlowProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly result: Promise<FlowResult>;
}

const BIN = join(import.meta.dirname, "../../bin/flow.js");

/** Begins to run `flow` with arguments. */
export function startFlow(args: readonly string[], options: FlowOptions = {}): FlowProcess {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.directory,
    env: { ...process.env, NO_COLOR: "1", ...options.environment },
  });
  const read = async (): Promise<FlowResult> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { exitCode: child.exitCode, stdout, stderr };
  };
  return { child, result: read() };
}

/** Runs `flow` with arguments to its end. */
export function flow(args: readonly string[], options: FlowOptions = {}): Promise<FlowResult> {
  return startFlow(args, options).result;
}
