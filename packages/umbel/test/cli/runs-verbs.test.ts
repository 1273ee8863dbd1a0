/**
 * The commands on runs, as people type them one after the other. One rule: they are called in this process, on a real Redis,
 * and what is still to run is sent to a queue that nobody serves, so that nothing here waits for the clock.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import { runConsole } from "../../src/cli/commands/run-console.ts";
import { watchRun } from "../../src/cli/commands/watch-run.ts";
import { errorScreen, exitCodeOf } from "../../src/cli/error-screen.ts";
import { type ChosenCommand, makeProgram } from "../../src/cli/program.ts";
import { expectGolden } from "./golden-file.ts";
import { printedByLast, runCommand } from "./recording-terminal.ts";
import { UserProject } from "./user-project.ts";

jest.setTimeout(60_000);

const REDIS = process.env.UMBEL_TEST_REDIS ?? "";
const PREFIX = `test-${randomUUID()}`;

/** JavaScript: what loads a user's TypeScript does not work within Jest. */
const TASKS = `import { existsSync } from "node:fs";
import { join } from "node:path";
import { App, getTaskLogger, Reject } from "umbel";

export const app = new App("shop", { prefix: "${PREFIX}" });

/**
 * Adds two numbers.
 * @param x of any sort
 */
export const add = app.task("add", (x, y) => x + y);

/** The sum of a list. */
export const sum =
  app.task("sum", (numbers) => numbers.reduce((total, number) => total + number, 0));

export const hang = app.task({ name: "hang", bind: true }, (self) => {
  globalThis.whenHanging?.();
  return new Promise((_, reject) => self.signal.addEventListener("abort", () => reject(self.signal.reason)));
});

export const ready = app.task("ready", (x) => {
  if (!existsSync(join(import.meta.dirname, "ready"))) throw new RangeError("not ready");
  return x;
});

export const order = app.task("order", (what, cents = 0) => {
  if (!existsSync(join(import.meta.dirname, "open"))) throw new Reject("closed");
  return \`one \${what}\`;
});

const logger = getTaskLogger("shop", { stream: { write: () => undefined } });
export const say = app.task("say", (word) => {
  logger.warn({ word, password: "secret" }, "saying it");
  logger.debug("not kept");
  return word;
});
`;

const broker = process.env.FLOW_BROKER;
let project: UserProject;

beforeAll(() => {
  process.env.FLOW_BROKER = REDIS;
  project = new UserProject({
    "tasks.js": TASKS,
    "sums.flow": '[add(1, 1), ready(2)] | sum() | add(5) with {stamps: {ticket: "T-7"}}\n',
  });
});

afterAll(async () => {
  if (broker === undefined) delete process.env.FLOW_BROKER;
  else process.env.FLOW_BROKER = broker;
  await project.clean();
  const redis = new Redis(REDIS);
  const keys = await redis.keys(`${PREFIX}:*`);
  if (keys.length > 0) await redis.unlink(keys);
  await redis.quit();
});

/** Calls what a command line chooses, as `flow` does. */
async function type(...args: readonly string[]): ReturnType<typeof runCommand> {
  const said = await runCommand(project.path, async (context) => {
    const chosen: ChosenCommand[] = [];
    makeProgram((command) => chosen.push(command)).parse(args, { from: "user" });
    try {
      return (await chosen[0]?.(context)) ?? Number.NaN;
    } catch (error) {
      context.terminal.error(errorScreen(error, { debug: false }));
      return exitCodeOf(error);
    }
  });
  // The test's own frames are taken for the user's.
  return { ...said, stderr: said.stderr.replace(/\n +at [^\n]*\/umbel\/test\/cli\/[^\n]*/g, "") };
}

/** Types command lines and gives what is seen, without what differs from time to time. */
async function screensOf(lines: readonly string[], names: Readonly<Record<string, string>>): Promise<string> {
  const screens: string[] = [];
  for (const line of lines) {
    const args = line.split(" ").map((word) => names[word] ?? word);
    const { exitCode, stdout, stderr } = await type(...args);
    screens.push(`$ flow ${line}\n${masked(`${stderr}${stdout}`, names)}(${exitCode})\n`);
  }
  return screens.join("\n");
}

function masked(text: string, names: Readonly<Record<string, string>>): string {
  let shown = text;
  for (const [name, value] of Object.entries(names)) shown = shown.replaceAll(value, name);
  return shown
    .replace(/(\.js):\d+:\d+/g, "$1, LINE")
    .replace(/\b[a-z]+-[a-z]+-[0-9a-f]{4}\b/g, "NEW")
    .replace(/run-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "QUEUE")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\b\d+(\.\d)? (ms|s)\b/g, "SPAN")
    .replace(/\bby \d+ runs? of before/, "by RUNS")
    .replace(/\b[\w.-]+:\d+(?=[\s"])/g, "WORKER")
    .replace(/ {2,}(?=\S)/g, "  ");
}

/** Runs a flow, or sends it to nobody, and gives what its run is called. */
async function begin(...args: readonly string[]): Promise<string> {
  const { exitCode } = await type("run", ...args, "--progress", "none");
  expect([0, 1]).toContain(exitCode);
  const { stdout } = await type("runs", "--json", "--limit", "1");
  const [run] = JSON.parse(stdout) as { readableId: string }[];
  return run?.readableId ?? "";
}

test("T7 getTaskLogger: what tasks log is kept with their run, and told in order", async () => {
  const names = { RUN: await begin("-e", 'say("hello")', "-A", "tasks.js") };
  expectGolden("screens/runs-logs.txt", await screensOf(["logs RUN", "logs RUN --json", "forget RUN"], names));
});

test("T13 Reject: calls that were rejected are listed, shown, sent again and dropped", async () => {
  const RUNS = [
    await begin("-e", 'order("tea")', "-A", "tasks.js"),
    await begin("-e", 'order("cake", cents: 3)', "-A", "tasks.js"),
  ];
  const { stdout } = await type("dead-letters", "list", "--json");
  const letters = JSON.parse(stdout) as { id: string; task: string; args: unknown[]; error: { message: string } }[];
  expect(letters).toMatchObject([
    { task: "order", args: ["cake"], kwargs: { cents: 3 }, error: { message: "closed" } },
    { task: "order", args: ["tea"], kwargs: {} },
  ]);
  const names = { CAKE: letters[0]?.id ?? "", TEA: letters[1]?.id ?? "", FIRST: RUNS[0] ?? "", SECOND: RUNS[1] ?? "" };
  const screens = await screensOf(
    [
      "dead-letters",
      "dead-letters list --task nobody",
      "dead-letters list --limit 1",
      "dead-letters show TEA",
      "dead-letters show nobody",
      "dead-letters requeue",
      "dead-letters requeue TEA --all",
      "dead-letters discard TEA --task order",
      "dead-letters discard TEA nobody",
      "dead-letters requeue TEA",
      "dead-letters drop --all --task nobody",
      "dead-letters discard --all",
      "dead-letters",
      "forget FIRST SECOND",
    ],
    names,
  );
  expectGolden("screens/dead-letters.txt", screens);
  const { stdout: runs } = await type("runs", "--json");
  const [sent] = JSON.parse(runs) as { id: string; task: string; state: string }[];
  expect(sent).toMatchObject({ task: "order", state: "STARTED" });
  await type("cancel", sent?.id ?? "");
  await type("forget", sent?.id ?? "");
});

test("C12 stamps are in the events of a run", async () => {
  const text = 'add(1, 2) with {stamps: {who: "ann"}} | add(3)';
  const { stdout } = await type("run", "-e", text, "-A", "tasks.js", "--events");
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly index?: number; readonly stamps?: unknown; readonly id?: string });
  const stamps = new Map(events.map((event) => [event.index, event.stamps]));
  expect([stamps.get(0), stamps.get(1)]).toEqual([{ who: "ann" }, undefined]);
  await type("forget", events[0]?.id ?? "");
});

test("a run that failed is looked at, repaired, resumed, forked and forgotten", async () => {
  const failed = await begin("sums.flow");
  const names = { FAILED: failed };
  const before = await screensOf(
    [
      "runs",
      "show FAILED",
      "show FAILED --nodes",
      "why FAILED",
      "why FAILED 5",
      "logs FAILED",
      "result FAILED",
      "result FAILED --no-wait",
      "watch FAILED --progress lines",
      "resume FAILED --progress none",
      "fork FAILED --from nope",
      "fork FAILED --from add",
    ],
    names,
  );
  project.write({ ready: "" });
  const after = await screensOf(
    [
      "resume FAILED --progress none",
      "resume FAILED --progress none",
      "resume FAILED --quiet",
      "plan sums.flow --estimate",
      "fork FAILED --from ready --args [40] --name more --progress none",
      "runs",
      "result more",
      "why FAILED",
      "cancel FAILED more",
      "pause FAILED",
      "continue FAILED",
      "forget FAILED more",
      "runs",
    ],
    names,
  );
  rmSync(join(project.path, "ready"));
  expectGolden("screens/runs-ended.txt", `${before}\n${after}`);
});

test("a run that goes on is paused, continued and cancelled, and what needs its end says so", async () => {
  const names = { OPEN: await begin("-e", "add(1, 2) | add(3)", "--detach", "--name", "nightly") };
  const screens = await screensOf(
    [
      "runs",
      "show OPEN",
      "why nightly",
      "why nightly 1",
      "why nightly 9",
      "result OPEN --no-wait",
      "result OPEN --timeout 50ms",
      "watch OPEN --timeout 50ms --progress none",
      "resume OPEN",
      "fork OPEN --from 0",
      "forget OPEN",
      "pause OPEN",
      "runs --state PAUSED",
      "why OPEN",
      "continue OPEN",
      "cancel OPEN nobody",
      "watch OPEN --progress lines",
      "watch OPEN --progress none",
      "result OPEN",
      "why OPEN",
      "logs OPEN",
      "forget nightly",
    ],
    names,
  );
  expectGolden("screens/runs-open.txt", screens);
});

test("Ctrl-C ends a watch and not the run, and says how to watch on", async () => {
  const open = await begin("-e", "add(1, 2) | add(3)", "--detach");
  const interrupting = new AbortController();
  const { exitCode, stdout, stderr } = await runCommand(
    project.path,
    (context) => watchRun({ ...context, signal: interrupting.signal }, open, { events: true }),
    // The first event tells that it looks at the run.
    () => interrupting.abort(),
  );
  expect({ exitCode, stderr }).toEqual({
    exitCode: 130,
    stderr: `it goes on; see it again by: flow watch ${open}\n`,
  });
  expect(stdout).toContain('"type":"run"');
  expect((await type("show", open)).stdout).toContain("STARTED");
  await type("cancel", open);
});

test.each([
  "show",
  "watch",
  "result",
  "why",
  "logs",
  "export",
  "report",
  "resume",
  "fork",
  "cancel",
  "pause",
  "continue",
  "forget",
])("flow %s of a run that is not there, or is not there any more, is exit code 2 and says so", async (verb) => {
  const more = verb === "fork" ? ["--from", "0"] : [];
  expect(await type(verb, "nobody", ...more)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      'error: no run is called "nobody", and no id begins so; `flow runs`, or `app.runs.list()`, tells which runs there are\n',
  });
  const id = "0192f0c1-1111-8abc-8def-012300000000";
  expect(await type(verb, id, ...more)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `error: run ${id} is not stored any more: it expired or was forgotten\n`,
  });
});

test("a call is sent, or refused before that; a flow is planned and a project made without a broker", async () => {
  const screens = await screensOf(
    [
      "call add 1 2",
      "call add 1",
      "call ad 1 2",
      "call add 1 2 --wait --timeout 50ms",
      "plan sums.flow",
      "plan sums.flow --json",
      "init made",
      "init made",
    ],
    {},
  );
  expectGolden("screens/project-verbs.txt", screens);
});

test("where no run is named, the youngest is looked at, and told", async () => {
  const id = await begin("-e", "add(20, 22)", "--name", "last");
  const shown = "the youngest run: ";
  for (const verb of ["show", "why", "logs", "result", "watch", "export"]) {
    const { exitCode, stdout, stderr } = await type(verb);
    expect([verb, exitCode, stderr.split("\n")[0]]).toEqual([verb, 0, `${shown}${id} (last)`]);
    if (verb === "result" || verb === "watch") expect(stdout).toBe("42\n");
  }
});

test("list tells of each task the first line of its comment, and the catalogue all but its tags", async () => {
  const { stdout } = await type("list");
  expect(stdout).toMatch(/^add\(x, y\) +tasks\.js:\d+ +Adds two numbers\.$/m);
  expect(stdout).toMatch(/^sum\(numbers\) +tasks\.js:\d+ +The sum of a list\.$/m);
  expect(stdout).toMatch(/^hang\(\) +tasks\.js:\d+$/m);
  const { tasks } = JSON.parse((await type("list", "--json")).stdout) as { tasks: { name: string; doc?: string }[] };
  expect(tasks.map(({ name, doc }) => [name, doc]).slice(0, 2)).toEqual([
    ["add", "Adds two numbers."],
    ["sum", "The sum of a list."],
  ]);
});

test("doctor tells of workers, of queues that nobody serves and of what was left, and --fix takes away what is left", async () => {
  const open = await begin("-e", "add(1, 2) | add(3)", "--detach");
  const redis = new Redis(REDIS);
  const about = { name: "old:1", version: "0.0.1", queues: ["mail"], tasks: ["sum"], startedAt: 0 };
  await redis.set(`${PREFIX}:heartbeat:old`, JSON.stringify(about), "EX", 60);
  const orphan = `${PREFIX}:{0192f0c1-1111-8abc-8def-0123}:graph`;
  await redis.hset(orphan, "m", "{}");
  await redis.hset(
    `${PREFIX}:{run-0192f0c1-1111-4abc-8def-012300000000}:run-0192f0c1-1111-4abc-8def-012300000000:meta`,
    "a",
    "b",
  );
  await redis.zadd(`${PREFIX}:active`, 1, "0192f0c1-1111-8abc-8def-0124");
  const doctor = async (...args: readonly string[]) => {
    const { exitCode, stdout } = await type("doctor", ...args);
    const lines = stdout
      .split("\n")
      .filter((line) => !/^. (Node|broker|eviction|persistence|memory|latency|clock) /.test(line));
    return `$ flow ${["doctor", ...args].join(" ")}\n${lines
      .join("\n")
      .replaceAll(PREFIX, "PREFIX")
      .replace(/\d+ (?=going on)|\d+ jobs? waits? /g, "N ")}(${exitCode})\n`;
  };
  const before = [await doctor(), await doctor("--fix")];
  expect(await redis.pttl(orphan)).toBeGreaterThan(0);
  await redis.del(`${PREFIX}:heartbeat:old`);
  await redis.zrem(`${PREFIX}:active`, "0192f0c1-1111-8abc-8def-0124");
  await type("cancel", open);
  const alone = await doctor();
  const plan = await type("plan", "-e", "add(1, 2)", "--estimate");
  about.queues = ["default"];
  about.tasks = ["add"];
  await redis.set(`${PREFIX}:heartbeat:old`, JSON.stringify(about), "EX", 60);
  const served = await type("plan", "-e", "add(1, 2)", "--estimate");
  await redis.del(`${PREFIX}:heartbeat:old`);
  await redis.quit();
  expect(plan.stdout).toContain("workers  none that is alive serves add; `flow run` brings its own");
  expect(served.stdout).not.toContain("workers ");
  expectGolden("screens/doctor.txt", [...before, alone].join("\n"));
});

/** A console with somebody who types, or with a text that is read as a file is. */
class TypedConsole {
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  readonly #end: ReturnType<typeof runCommand>;
  #drawn = "";
  /** How much was drawn when something was typed last. */
  #seen = 0;

  constructor(isTerminal: boolean, environment: Readonly<Record<string, string>> = {}) {
    this.#output.setEncoding("utf8").on("data", (text: string) => {
      this.#drawn += text;
    });
    const typing = { input: this.#input, output: this.#output, isTerminal };
    this.#end = runCommand(project.path, (context) =>
      runConsole({ ...context, environment }, { history: isTerminal }, typing),
    );
  }

  /** Types something as soon as there is a new prompt. */
  async type(text: string): Promise<void> {
    await this.#sees(() => this.#drawn.length > this.#seen && /(?:flow>|\.\.\.) $/.test(this.#text));
    await this.press(text);
  }

  /** Types something at once, and waits for what it brings. */
  async press(text: string, shown = ""): Promise<void> {
    this.#seen = this.#drawn.length;
    this.#input.write(text);
    await this.#sees(() => this.#text.includes(shown));
  }

  async end(text = ""): Promise<Awaited<ReturnType<typeof runCommand>> & { readonly drawn: string }> {
    this.#input.end(text);
    return { ...(await this.#end), drawn: this.#text };
  }

  get #text(): string {
    return stripVTControlCharacters(this.#drawn);
  }

  async #sees(condition: () => boolean): Promise<void> {
    const ended = this.#end.then(({ stderr }) => {
      throw new Error(`the console ended; it said ${this.#text}${stderr}`);
    });
    ended.catch(() => undefined);
    while (!condition()) await Promise.race([once(this.#output, "data"), ended]);
  }
}

const ENTRIES = `# Entries of a file, which may span lines.
1 + 2
it * 2
add(4, 4)
  | add(1)

| add(1)
let xs = [1, 2, 3]
## Adds ten.
def more(x) = add(x, 10)
[
  more(x) for x in xs
]
def more(x) = add(x, 20)
more(it[0])
:names
:type more
:type [add(1), ready()] | sum()
:type xs
:graph [more(1), add(2, 3)] | sum()
:graph
:tasks
:help
import "./nope.js"
more(1, 2)
add(1) | ad(
  2)
let bad = add(1) + 1
bad
ready(1)
:typ add
:type
-4
add(it,
`;

/** What a console shows, without what differs from time to time; marks stay below what they mark. */
function maskedEntries(text: string): string {
  return (
    text
      .replaceAll(project.path, "DIR")
      .replace(/\n +at [^\n]*\/umbel\/test\/cli\/[^\n]*/g, "")
      .replace(/(\.js):\d+(:\d+)?/g, "$1:LINE")
      // The tests above have tasks of their own.
      .replace(/; tasks: add.*/, "; tasks: add, …")
      .replace(/(?<=^sum\(numbers\).*\n)(?:\w+\(.*\) +tasks\.js:LINE\n)+/m, "…\n")
      .replace(/\b[a-z]+-[a-z]+-[0-9a-f]{4}\b/g, "RUN")
  );
}

test("a console runs the entries of a file, keeps what they define, and tells what is wrong with each", async () => {
  const { exitCode, stdout, stderr } = await new TypedConsole(false).end(ENTRIES);
  // The first that failed was wrong flow text.
  expect(exitCode).toBe(3);
  expectGolden("screens/console.txt", maskedEntries(`${stdout}--- standard error\n${stderr}`));
});

test("the guide's console says what the guide tells", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/console.md"), "utf8");
  const [, session = ""] = /```text\n(umbel [\s\S]*?)\n```/.exec(page) ?? [];
  const isTyped = (line: string) => /^(flow>| {2}\.\.\.) /.test(line);
  const lines = session.split("\n");
  const typed = new TypedConsole(true, { XDG_STATE_HOME: join(project.path, "state-of-guide") });
  for (const line of lines.filter(isTyped)) await typed.type(`${line.slice("flow> ".length)}\r`);
  expect((await typed.end()).exitCode).toBe(0);
  const told = lines.filter((line) => !isTyped(line)).join("\n");
  const pattern = told.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  expect(printedByLast().trimEnd()).toMatch(new RegExp(`^${pattern.join("[^]*")}$`));
});

test("the guide's screens of commands are what they print", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/cli.md"), "utf8");
  for (const [, file = "", text = ""] of page.matchAll(/```(?:flow|yaml)\n# ([\w.]+)\n([\s\S]*?)```/g)) {
    project.write({ [file]: text });
  }
  project.write({ "wrong.json": "[1]" });
  const commands = [...page.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, text = ""]) =>
    text.split(/^\$ /m).slice(1),
  );
  for (const command of commands) {
    const [line = "", ...told] = command.trimEnd().split("\n");
    if (line === "touch ready") {
      project.write({ ready: "" });
      continue;
    }
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
    await type(...words.slice(1));
    const pattern = told
      .join("\n")
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const printed = printedByLast().trimEnd().replaceAll(`${project.path}/`, "");
    if (!new RegExp(`^${pattern.join("[^]*")}$`).test(printed)) throw new Error(`${line} prints:\n${printed}`);
  }
  expect(commands.length).toBeGreaterThan(20);
  rmSync(join(project.path, "ready"));
});

test("a console completes what is typed, cancels by Ctrl-C, and leaves nothing running when Ctrl-D ends it", async () => {
  const state = { XDG_STATE_HOME: join(project.path, "state") };
  const hangs = () => new Promise<void>((resolve) => Object.assign(globalThis, { whenHanging: resolve }));
  const typed = new TypedConsole(true, state);
  await typed.type("su");
  await typed.press("\t", "sum");
  await typed.press("(\r");
  await typed.type("[20, 22])\r");
  await typed.type("let nope = [\r");
  await typed.type("1,\x03");
  await typed.type("\x03");
  const first = hangs();
  await typed.type("hang()\r");
  await first;
  await typed.press("\x03");
  await typed.type("[nope,\r");
  // An empty line ends what cannot be whole.
  await typed.type("\r");
  await typed.type("add(1, 1)\r| add(2)\r");
  await typed.type(":gr");
  await typed.press("\t", ":graph");
  await typed.press("\r");
  const second = hangs();
  await typed.type("hang()\r");
  await second;
  await typed.press("\x04");
  const { exitCode, drawn, stdout, stderr } = await typed.end();
  expect(exitCode).toBe(0);
  // A line is drawn anew when it is completed.
  const lines = drawn.replaceAll("\r", "").replace(/^(.{6,})(?=\1)/gm, "");
  const printed = `--- standard output\n${stdout}--- standard error\n${stderr}`;
  expectGolden("screens/console-terminal.txt", maskedEntries(`${lines}${printed}`));
  const again = new TypedConsole(true, state);
  // The arrow brings back the last line of the console before.
  await again.type("\x1b[A\x1b[A");
  await again.press("\r", ":graph");
  await again.type("hang()\r");
  // Before it has begun.
  await again.press("\x04");
  expect((await again.end()).exitCode).toBe(0);
  const redis = new Redis(REDIS);
  const keys = await redis.keys(`${PREFIX}:*`);
  await redis.quit();
  expect(keys.filter((key) => key.includes("{console-") || key.includes(":heartbeat:"))).toEqual([]);
});
