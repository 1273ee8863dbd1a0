/**
 * Runs command lines of `flow` one after another in one process, as built, for those who start it and read what it prints.
 * One rule: between two commands everything of the process that a command can see is as if it had just begun.
 */
import { exitCodeOfCommand } from "../../dist/cli/command-line.js";
import { Interruption } from "../../dist/cli/interruption.js";
import { Terminal } from "../../dist/cli/terminal.js";
import { showWarnings } from "../../dist/cli/warnings.js";

process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
const ownWrite = { stdout: process.stdout.write, stderr: process.stderr.write };

/** Keeps what is written to a stream instead of writing it. */
function record(name, said) {
  process[name].write = (chunk, ...rest) => {
    said[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    rest.find((each) => typeof each === "function")?.();
    return true;
  };
}

function setEnvironment(environment) {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

async function run({ args, directory, environment }) {
  setEnvironment(environment);
  process.chdir(directory);
  const said = { stdout: "", stderr: "" };
  record("stdout", said);
  record("stderr", said);
  const terminal = new Terminal();
  const hideWarnings = showWarnings(terminal);
  try {
    const exitCode = await exitCodeOfCommand(args, terminal, new Interruption());
    // Warnings are told a turn later.
    await new Promise(setImmediate);
    // This file is neither ours nor Node's to those who look for the user's frames.
    return { exitCode, stdout: said.stdout, stderr: said.stderr.replace(/\n +at [^\n]*flow-session\.mjs[^\n]*/g, "") };
  } finally {
    hideWarnings();
    Object.assign(process.stdout, { write: ownWrite.stdout });
    Object.assign(process.stderr, { write: ownWrite.stderr });
  }
}

process.on("message", (command) => {
  run(command).then(
    (result) => process.send(result),
    (error) => process.send({ exitCode: Number.NaN, stdout: "", stderr: `the session failed: ${error.stack}` }),
  );
});
process.on("disconnect", () => process.exit());
