/** Runs a program to its end. One rule: what it prints in another language cannot be read, so it runs in English. */
import { spawn } from "node:child_process";
import { OperationalError } from "@umbel/core";
import { describeSystemError } from "../system-error.ts";

/** How to run it. */
export interface RunOptions {
  /** The folder it runs in; ours by default. */
  readonly directory?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether people see what it prints, on standard error; by default it is only kept. */
  readonly shown?: boolean;
}

/** What a program printed, and how it ended. */
export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and gives what it printed, also when it failed.
 * @throws OperationalError when it cannot be started or was killed
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.directory,
    env: { ...options.environment, LC_ALL: "C" },
    signal: options.signal,
    stdio: options.shown === true ? ["ignore", 2, 2] : ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      const reason = `cannot run ${command}: ${describeSystemError(cause)}`;
      reject(options.signal?.aborted === true ? cause : new OperationalError(reason, { cause }));
    });
    child.once("close", (exitCode, signal) => {
      if (exitCode === null) reject(new OperationalError(`${command} was ended by ${signal}`));
      else resolve({ exitCode, stdout, stderr });
    });
  });
}

/**
 * Runs a program that must succeed and gives its standard output.
 * @throws OperationalError when it cannot be started or fails; says what it printed
 */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(command, args, options);
  if (exitCode === 0) return stdout;
  throw new OperationalError(`${command} failed (exit code ${exitCode})${lastLines(stderr || stdout)}`);
}

/** Gives the last lines of an output, as the end of a message. */
export function lastLines(output: string): string {
  const lines = output.trimEnd().split("\n").slice(-6).join("\n");
  return lines === "" ? "" : `:\n${lines}`;
}
