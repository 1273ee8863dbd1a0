/** What a wrong use of each option and argument of each command prints. One rule: the table is made from what is declared, so none is missing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, jest, test } from "@jest/globals";
import { type Command, CommanderError } from "commander";
import type { CommandContext } from "../../src/cli/context.ts";
import { errorScreen, exitCodeOf } from "../../src/cli/error-screen.ts";
import { type ChosenCommand, makeProgram } from "../../src/cli/program.ts";
import { expectGolden } from "./golden-file.ts";

jest.setTimeout(60_000);

/** Parses a command line; gives the command, or what is said. */
function parse(args: readonly string[]): ChosenCommand | string {
  const chosen: ChosenCommand[] = [];
  let said = "";
  const program = makeProgram((command) => chosen.push(command));
  const listen = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeErr: (text) => {
        said += text;
      },
      writeOut: () => undefined,
    });
    for (const inner of command.commands) listen(inner);
  };
  listen(program);
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return said;
    throw error;
  }
  return chosen[0] ?? "nothing was chosen\n";
}

interface DeclaredCommand {
  readonly path: readonly string[];
  readonly command: Command;
}

/** All commands that do something. */
function commandsOf(command: Command, path: readonly string[] = []): readonly DeclaredCommand[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((inner) => commandsOf(inner, [...path, inner.name()]));
}

const COMMANDS = commandsOf(makeProgram(() => undefined));

/** Arguments and options without which the command line would be wrong for another reason. */
function needed({ command }: DeclaredCommand, without?: string): string[] {
  const args = command.registeredArguments.filter(({ required }) => required).map((argument) => argument.name());
  const options = command.options
    .filter(({ mandatory, attributeName }) => mandatory && attributeName !== undefined)
    .flatMap(({ long = "" }) => (long === without ? [] : [long, "1"]));
  return [...args, ...options];
}

/** Each wrong use of what a command declares. */
function wrongUses(declared: DeclaredCommand): readonly (readonly string[])[] {
  const { path, command } = declared;
  const args = command.registeredArguments;
  const uses: string[][] = [[...path, ...needed(declared), "--nope"]];
  if (args.some(({ required }) => required)) uses.push([...path]);
  if (!args.some(({ variadic }) => variadic)) {
    const most = [...args.map((argument) => argument.name()), "more"];
    uses.push([...path, ...most, ...needed(declared).slice(args.filter(({ required }) => required).length)]);
  }
  for (const option of command.options) {
    const { long = "", required, mandatory, argChoices, parseArg } = option;
    const rest = needed(declared, long);
    if (mandatory) uses.push([...path, ...rest]);
    if (required) uses.push([...path, ...rest, long]);
    else if (option.isBoolean()) uses.push([...path, ...rest, `${long}=1`]);
    if (argChoices !== undefined || isChecked(parseArg)) uses.push([...path, ...rest, long, ","]);
  }
  return uses;
}

/** Whether an option's value is read by something that refuses values. */
function isChecked(parseArg: unknown): boolean {
  if (typeof parseArg !== "function") return false;
  try {
    Reflect.apply(parseArg, undefined, [",", undefined]);
    return false;
  } catch {
    return true;
  }
}

test("each wrong use of an option or an argument that a command line shows is said in one or two lines", () => {
  const said = COMMANDS.flatMap(wrongUses).map((args) => {
    const answer = parse(args);
    if (typeof answer !== "string") throw new Error(`flow ${args.join(" ")} is not refused`);
    return `$ flow ${args.join(" ")}\n${answer.split("\n(type")[0]?.trimEnd()}\n`;
  });
  expectGolden("wrong-uses.txt", said.join("\n"));
});

test("every command and every option says what it means, and every command has an example", () => {
  for (const { path, command } of COMMANDS) {
    const words = [command.description(), ...command.options.map(({ description }) => description)];
    expect([path, words.filter((text) => text === "")]).toEqual([path, []]);
    for (const argument of command.registeredArguments) expect([path, argument.description]).not.toEqual([path, ""]);
  }
});

/** Uses that only the command itself can refuse; all of them before it does anything. */
const REFUSED: readonly (readonly string[])[] = [
  ["run"],
  ["run", "a.flow", "-e", "add(1, 2)"],
  ["run", "a.flow", "--quiet", "--events"],
  ["run", "a.flow", "--quiet", "--progress", "live"],
  ["run", "a.flow", "--events", "--progress", "lines"],
  ["run", "a.flow", "--on-interrupt", "detach"],
  ["run", "a.flow", "--concurrency", "2", "--no-worker"],
  ["run", "a.flow", "--concurrency", "2", "--detach"],
  ["run", "a.flow", "--detach", "--timeout", "5s"],
  ["run", "a.flow", "--detach", "--events"],
  ["run", "a.flow", "--detach", "--report", "r.html"],
  ["run", "a.flow", "--timeout", "soon"],
  ["run", "a.flow", "--broker", "localhost"],
  ["run", "a.flow", "-p", "n"],
  ["run", "a.flow", "-p", "n=1", "-p", "n=2"],
  ["run", "a.flow", "--params", "nope.yaml"],
  ["run", "a.flow", "--params", "list.json"],
  ["run", "a.flow", "--params", "broken.json"],
  ["run", "a.flow", "--params", "broken.yaml"],
  ["run", "nope.flow"],
  ["plan"],
  ["plan", "a.flow", "-p", "n"],
  ["call", "add", "--timeout", "5s"],
  ["call", "add", "--kwargs", "5"],
  ["call", "add", "--wait", "--timeout", "soon"],
  ["call", "add", "--countdown", "soon"],
  ["watch", "brisk-otter", "--timeout", "soon"],
  ["result", "brisk-otter", "--timeout", "soon"],
  ["resume", "brisk-otter", "--timeout", "soon"],
  ["fork", "brisk-otter", "--from", "1", "--args", "5"],
  ["completion", "tcsh"],
];

test("what a command itself refuses is said before it does anything", async () => {
  const none = () => undefined;
  const directory = mkdtempSync(join(tmpdir(), "umbel-test-"));
  for (const [file, text] of [
    ["list.json", "[1]"],
    ["broken.json", '{"n": 1'],
    ["broken.yaml", "n: [1\nm: 2\n"],
  ] as const) {
    writeFileSync(join(directory, file), text);
  }
  const terminal = { captureOutput: () => none, isLive: false, note: none, warn: none, error: none, result: none };
  const context = {
    terminal,
    environment: {},
    directory,
    signal: new AbortController().signal,
    debug: false,
    takeTime: none,
  };
  const said: string[] = [];
  for (const args of REFUSED) {
    const command = parse(args);
    if (typeof command === "string") throw new Error(`flow ${args.join(" ")}: ${command}`);
    // Only what is asked of a terminal before anything is done.
    const end: unknown = await command(context as unknown as CommandContext).then(
      (exitCode) => `exit code ${exitCode}`,
      (error: unknown) => error,
    );
    const text = typeof end === "string" ? end : `error: ${errorScreen(end, { debug: false })} (${exitCodeOf(end)})`;
    said.push(
      `$ flow ${args.join(" ")}\n${text
        .replaceAll(directory, "DIR")
        .replaceAll(relative(process.cwd(), directory), "DIR")
        .replace(/ in JSON at position.*?(?= \()/, "")
        .replace(/\n {4}at .*wrong-uses.*?(?= \()/g, "")}\n`,
    );
  }
  rmSync(directory, { recursive: true });
  expectGolden("refused-uses.txt", said.join("\n"));
});
