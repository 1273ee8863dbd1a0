/** `flow run`, `flow check` and `flow worker` as users type them, on a real Redis. */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import { findServer } from "../../src/broker/find-server.ts";
import { isRunning } from "../broker/embedded/project-of-test.ts";
import { type FlowOptions, type FlowProcess, flow, startFlow } from "./flow-process.ts";
import { FlowSession } from "./flow-session.ts";
import { expectGolden } from "./golden-file.ts";
import { type Files, UserProject } from "./user-project.ts";

jest.setTimeout(90_000);

const REDIS = process.env.UMBEL_TEST_REDIS ?? "";

const TASKS = `import { App, allowJoinResult } from "umbel";

export const app = new App("shop", { prefix: process.env.TEST_PREFIX ?? "umbel" });

export const add = app.task("add", function add(x: number, y: number) {
  console.log(\`adding \${x} and \${y}\`);
  return x + y;
});

export const mul = app.task("mul", (x: number, y: number) => x * y);

export const sum = app.task("sum", (numbers: number[]) => numbers.reduce((total, number) => total + number, 0));

export const relay = app.task("relay", async (x: number) => await allowJoinResult(() => add.delay(x, 1).get()));

export const greet = app.task("greet", (name: string) => \`Hello, \${name}!\`);

export const divide = app.task("divide", function divide(x: number, y: number) {
  if (y === 0) throw new RangeError("cannot divide by zero");
  return x / y;
});

export const handler = app.task("handler", () => ({ run: () => 1 }));

export const first = app.task("first", (items: string[]) => items[0]);

export const sleep = app.task("sleep", async (seconds: number) => {
  console.log("sleeping");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return seconds;
});
`;

let project: UserProject;
let prefix: string;
let redis: Redis;
let session: FlowSession;

beforeAll(() => {
  redis = new Redis(REDIS);
  session = new FlowSession();
});

afterAll(async () => {
  await session.close();
  await redis.quit();
});

beforeEach(() => {
  project = new UserProject({ "tasks.ts": TASKS });
  prefix = `test-${randomUUID()}`;
});

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await project.clean();
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.unlink(keys);
});

/** Where commands run: in the project, on the tests' Redis. */
const here = (environment: Readonly<Record<string, string>> = {}): FlowOptions => ({
  directory: project.path,
  environment: { FLOW_BROKER: REDIS, TEST_PREFIX: prefix, ...environment },
});

/** The keys of private queues, and of runs that have not ended. */
async function leftovers(): Promise<readonly string[]> {
  const keys = await redis.keys(`${prefix}:*`);
  return keys.filter((key) => key.includes("{run-") || key.endsWith(":active") || key.includes(":heartbeat:"));
}

/** Waits for a text on standard error; however busy the machine, Jest's own limit is enough. */
async function says({ child, result }: FlowProcess, line: string): Promise<void> {
  let seen = "";
  const said = new Promise<true>((resolve) => {
    child.stderr.on("data", (chunk) => {
      seen += String(chunk);
      if (seen.includes(line)) resolve(true);
    });
  });
  if ((await Promise.race([said, result])) !== true)
    throw new Error(`it ended and never said ${line}; it said ${seen}`);
}

/** Begins to serve the project's tasks. */
async function startWorker(args: readonly string[] = [], options = here()): Promise<FlowProcess> {
  const worker = startFlow(["worker", ...args], options);
  closing.push(() => worker.child.kill("SIGKILL"));
  await says(worker, "ready\n");
  return worker;
}

/** A whole command of one to four words; the first of them is what matters. */
const COMMAND = /^\*(?:1\r\n\$\d+\r\n(\w+)\r\n|[2-4]\r\n(?:\$\d+\r\n[^\r\n]*\r\n)+?(?=\*|$))/;

/** A server that speaks just enough of Redis to tell that it is old. */
async function serveOldRedis(): Promise<string> {
  const info = "redis_version:5.0.7\r\n";
  const server: Server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    let received = "";
    socket.on("data", (data) => {
      received += data.toString();
      // Several commands may come at once, and one in parts; each is a list of words, and each wants an answer.
      for (let command = COMMAND.exec(received); command !== null; command = COMMAND.exec(received)) {
        received = received.slice(command[0].length);
        const isInfo = command[1]?.toLowerCase() === "info";
        socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

/** A Redis that forgets keys when its memory is full. */
async function serveEvictingRedis(): Promise<string> {
  const socket = join(project.path, "evicting.sock");
  const program = await findServer();
  const options = ["--port", "0", "--unixsocket", socket, "--save", "", "--maxmemory-policy", "allkeys-lru"];
  const server = spawn(program?.path ?? "redis-server", options, { cwd: project.path, stdio: "ignore" });
  closing.push(async () => {
    server.kill("SIGKILL");
    await once(server, "exit");
  });
  const probe = new Redis({ path: socket, retryStrategy: () => 20 });
  probe.on("error", () => undefined);
  await probe.ping();
  probe.disconnect();
  return `unix://${socket}`;
}

interface Screen {
  readonly name: string;
  readonly files?: Files;
  readonly args: readonly string[];
  /** Gives the URL for `--broker`. */
  readonly broker?: () => Promise<string> | string;
  readonly exitCode: number;
}

const SCREENS: readonly Screen[] = [
  { name: "unknown-task", files: { "a.flow": "ad(4, 4) | mull(8)\n" }, args: ["run", "a.flow"], exitCode: 3 },
  { name: "wrong-arity", files: { "a.flow": "add(1, 2, 3) | mul()\n" }, args: ["run", "a.flow"], exitCode: 3 },
  { name: "unreadable-file", args: ["run", "nope.flow"], exitCode: 3 },
  { name: "folder", args: ["run", "."], exitCode: 3 },
  {
    name: "module-throws",
    files: {
      "boom.ts":
        "const port: number = 1;\nexport function read(): void {\n  throw new Error('no port ' + port);\n}\nread();\n",
      "a.flow": 'import "./boom.ts"\n\nadd(1, 2)\n',
    },
    args: ["run", "a.flow"],
    exitCode: 3,
  },
  {
    name: "app-throws",
    files: { "boom.ts": 'function read(): void {\n  throw new Error("no");\n}\nread();\n' },
    args: ["worker", "-A", "boom.ts"],
    exitCode: 3,
  },
  {
    name: "no-task",
    files: {
      "empty.ts": "export const x = 1;\n",
      "app.ts": 'import { App } from "umbel";\nexport const app = new App();\n',
      "a.flow": 'import "./empty.ts"\nimport "./app.ts"\nimport "./nope.ts"\n\nadd(1, 2)\n',
    },
    args: ["run", "a.flow"],
    exitCode: 3,
  },
  {
    name: "worker-no-task",
    files: { "app.ts": 'import { App } from "umbel";\nexport const app = new App();\n' },
    args: ["worker", "-A", "app.ts"],
    exitCode: 3,
  },
  {
    name: "no-module",
    files: { "flows/a.flow": "add(1, 2)\n" },
    args: ["run", "flows/a.flow"],
    exitCode: 3,
  },
  {
    name: "one-name-twice",
    files: {
      "more.ts":
        'import { App } from "umbel";\n\nconst other = new App();\nexport const add = other.task("add", (x: number) => x);\n',
      "a.flow": 'import "./tasks.ts"\nimport "./more.ts"\n\nadd(1, 2)\n',
    },
    args: ["run", "a.flow"],
    exitCode: 3,
  },
  {
    name: "one-name-twice-in-app",
    files: {
      "more.ts":
        'import { App } from "umbel";\n\nconst other = new App();\nexport const add = other.task("add", (x: number) => x);\n',
      "a.flow": 'import "./more.ts"\n\nadd(1)\n',
    },
    args: ["run", "a.flow", "-A", "tasks.ts"],
    exitCode: 3,
  },
  { name: "unreachable", args: ["run", "-e", "add(1, 2)"], broker: () => "redis://:secret@127.0.0.1:1", exitCode: 4 },
  { name: "worker-unreachable", args: ["worker"], broker: () => "redis://:secret@127.0.0.1:1", exitCode: 4 },
  { name: "too-old", args: ["run", "-e", "add(1, 2)"], broker: serveOldRedis, exitCode: 4 },
  { name: "memory", args: ["run", "-e", "[relay(1), mul(1, 2)] | sum()"], broker: () => "memory:", exitCode: 0 },
  { name: "memory-throws", args: ["run", "-e", "divide(1, 0)"], broker: () => "memory:", exitCode: 1 },
  { name: "memory-late", args: ["run", "-e", "sleep(600)", "--timeout", "1s"], broker: () => "memory:", exitCode: 5 },
  { name: "memory-no-worker", args: ["run", "-e", "add(1, 2)", "--no-worker"], broker: () => "memory:", exitCode: 4 },
  { name: "memory-worker", args: ["worker"], broker: () => "memory:", exitCode: 4 },
  { name: "no-broker-url", args: ["run", "-e", "add(1, 2)"], broker: () => "localhost", exitCode: 2 },
  { name: "evicting", args: ["run", "-e", "mul(1, 2)"], broker: serveEvictingRedis, exitCode: 0 },
  { name: "task-throws", args: ["run", "-e", "divide(1, 0) | mul(2)"], exitCode: 1 },
  {
    name: "header-throws",
    args: ["run", "-e", "[divide(1, 0), mul(1, 2)] | greet()"],
    exitCode: 1,
  },
  { name: "not-serializable", args: ["run", "-e", "handler()"], exitCode: 1 },
  { name: "late", args: ["run", "-e", "sleep(600)", "--timeout", "2s"], exitCode: 5 },
  { name: "param-unknown", args: ["run", "-e", "param n: int = 1\nadd(n, n)", "-p", "m=1"], exitCode: 2 },
  { name: "param-wrong", args: ["run", "-e", "param n: int\nadd(n, n)", "-p", "n=many"], exitCode: 2 },
  { name: "param-missing", args: ["run", "-e", "param n: int\nadd(n, n)"], exitCode: 2 },
  { name: "param-malformed", args: ["run", "-e", "add(1, 2)", "-p", "n"], exitCode: 2 },
  { name: "no-flow", args: ["run"], exitCode: 2 },
  { name: "two-flows", args: ["run", "a.flow", "-e", "add(1, 2)"], exitCode: 2 },
  { name: "bad-timeout", args: ["run", "-e", "add(1, 2)", "--timeout", "soon"], exitCode: 2 },
  {
    name: "check",
    files: { "a.flow": "add(1, 2)\n", "b.flow": "add(1, 2\n\nmul(3)\n", "c.flow": "param n: int\nadd(n, n)\n" },
    args: ["check", "a.flow", "b.flow", "nope.flow", "c.flow"],
    exitCode: 3,
  },
];

test.each(SCREENS.map((screen) => [screen.name, screen] as const))(
  "the screen of %s, and its exit code; nothing is left behind",
  async (name, { files = {}, args, broker, exitCode }) => {
    project.write(files);
    const url = await broker?.();
    const result = await session.flow(url === undefined ? args : [...args, "--broker", url], here());
    const shown = result.stderr
      .replaceAll(project.path, "DIR")
      .replace(/127\.0\.0\.1:(?!1\b)\d+/g, "127.0.0.1:PORT")
      .replace(/\b[a-z]+-[a-z]+-[0-9a-f]{4}\b/g, "RUN");
    expectGolden(`screens/${name}.txt`, `$ flow ${args.join(" ")}\n${result.stdout}--- stderr\n${shown}`);
    expect(result.exitCode).toBe(exitCode);
    expect(await leftovers()).toEqual([]);
    expect(project.leases()).toEqual([]);
  },
);

test.each(["run", "check", "worker"])("flow %s --help shows examples", async (verb) => {
  const { exitCode, stdout } = await session.flow([verb, "--help"]);
  expect(exitCode).toBe(0);
  expectGolden(`${verb}-help.txt`, stdout);
});

test("help loads neither the language nor Redis", async () => {
  const { stderr } = await flow(["--help"], { environment: { NODE_DEBUG: "esm" } });
  expect(stderr).toContain("/cli/program.js");
  expect(stderr).not.toMatch(/ioredis|bullmq|chevrotain|packages\/(core|canvas|dsl)\//);
});

/** A machine where no redis-server can be had. */
const withoutServer = (broker: string): FlowOptions =>
  here({ FLOW_BROKER: broker, PATH: "", HOME: project.path, XDG_CACHE_HOME: project.path });

test("where no redis-server can be had, a run goes on in memory and says so in one line", async () => {
  // What its tasks send goes the same way.
  const result = await session.flow(["run", "-e", "relay(1) | mul(8)"], withoutServer(""));
  expect(result).toEqual({
    exitCode: 0,
    stdout: "16\n",
    stderr:
      "no redis-server or valkey-server that can be used on this machine, so this runs in memory and ends with this process; type `npx umbel redis install` to have one\nadding 1 and 1\n",
  });
});

test.each<[what: string, args: readonly string[], broker: string]>([
  ["a worker", ["worker"], ""],
  ["a run by others' workers", ["run", "-e", "add(1, 2)", "--no-worker"], ""],
  ["a run on the broker that was named", ["run", "-e", "add(1, 2)"], "embedded:"],
  ["a run on the broker of --broker", ["run", "-e", "add(1, 2)", "--broker", "embedded:"], ""],
])("where no redis-server can be had, %s is told the command to type", async (_, args, broker) => {
  const { exitCode, stdout, stderr } = await session.flow(args, withoutServer(broker));
  expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
  expect(stderr).toMatch(/^error: no redis-server or valkey-server .*type `npx umbel redis install`.*\n$/);
});

test("a promise that a task forgets is told with the task, and its worker lives", async () => {
  project.write({
    "loose.ts": `import { App } from "umbel";
export const app = new App("loose", { prefix: process.env.TEST_PREFIX ?? "" });
export const loose = app.task("loose", () => {
  void Promise.reject(new RangeError("forgotten"));
  return 1;
});
`,
  });
  const worker = await startWorker(["-A", "loose.ts"]);
  for (const _ of [1, 2]) {
    const run = await session.flow(["run", "-e", "loose()", "-A", "loose.ts", "--no-worker"], here());
    expect(run).toMatchObject({ exitCode: 0, stdout: "1\n" });
  }
  worker.child.kill("SIGINT");
  const { exitCode, stderr } = await worker.result;
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(
    /error: a promise was rejected in task "loose" \([0-9a-f-]+\) and nobody handles that: RangeError: forgotten\n {4}at .*loose\.ts:4/,
  );
});

test("a file of one line beside tasks.ts runs on the project's own Redis, and nothing is left behind", async () => {
  project.write({ "a.flow": "add(4,4) | mul(8)" });
  const result = await flow(["run", "a.flow"], here({ FLOW_BROKER: "" }));
  expect(result).toEqual({ exitCode: 0, stdout: "64\n", stderr: "adding 4 and 4\n" });
  expect(project.traces(join(project.path, "no-such-socket/x"))).toEqual([]);
});

test("an expression takes -A, also with its export, from another folder", async () => {
  project.write({ "elsewhere/package.json": "{}" });
  const options = { ...here(), directory: join(project.path, "elsewhere") };
  expect(await session.flow(["run", "-e", "mul(4, 4)", "-A", "../tasks.ts:app"], options)).toMatchObject({
    exitCode: 0,
    stdout: "16\n",
  });
});

test("params are read by their types; --raw prints a text without quotes", async () => {
  project.write({
    "a.flow":
      'import "./tasks.ts"\n\nparam name: string\nparam times: list<int> = [1]\n\n[greet(name) for _ in times] | first()\n',
  });
  const args = ["run", "a.flow", "-p", "name=Ann = Bob", "-p", "times=[1, 2]"];
  expect(await session.flow(args, here())).toMatchObject({ exitCode: 0, stdout: '"Hello, Ann = Bob!"\n', stderr: "" });
  expect(await session.flow([...args, "--raw"], here())).toMatchObject({ exitCode: 0, stdout: "Hello, Ann = Bob!\n" });
});

test("tasks of several Apps run in one flow", async () => {
  project.write({
    "more.ts":
      'import { App } from "umbel";\n\nconst other = new App();\nexport const neg = other.task("neg", (x: number) => -x);\n',
    "a.flow": 'import "./tasks.ts"\nimport "./more.ts"\n\nmul(2, 3) | neg()\n',
  });
  expect(await session.flow(["run", "a.flow"], here())).toMatchObject({ exitCode: 0, stdout: "-6\n", stderr: "" });
});

test("Ctrl-C cancels a run with a worker of its own, says how to go on, and nothing goes on", async () => {
  const run = startFlow(["run", "-e", "[sleep(600), sleep(600)] | greet()"], here());
  await says(run, "sleeping\n");
  run.child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await run.result;
  expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: "" });
  expect(stderr).toMatch(/the workflow is cancelled; go on with it by: flow resume [a-z]+-[a-z]+-[0-9a-f]{4}\n$/);
  expect(await leftovers()).toEqual([]);
});

test("a plain script beside a worker of the same project prints its result and exits by itself", async () => {
  project.write({ "script.ts": 'import { add } from "./tasks.ts";\n\nconsole.log(await add.delay(2, 2).get());\n' });
  const environment = { FLOW_BROKER: "", TEST_PREFIX: prefix };
  const worker = await startWorker(["-A", "tasks.ts", "-Q", "default,more", "-c", "3", "-n", "w1"], here(environment));
  const script = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), "script.ts"], {
    cwd: project.path,
    env: { ...process.env, ...environment },
  });
  const [stdout, stderr] = await Promise.all([text(script.stdout), text(script.stderr), once(script, "close")]);
  expect({ exitCode: script.exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "4\n", stderr: "" });
  worker.child.kill("SIGTERM");
  const { exitCode, stderr: shown } = await worker.result;
  expect(exitCode).toBe(0);
  expectGolden("worker.txt", shown.replaceAll(project.path, "DIR"));
  expect(project.traces(join(project.path, "no-such-socket/x"))).toEqual([]);
});

test("without a worker of its own a run goes on after its timeout, and a worker's first signal waits for it", async () => {
  const worker = await startWorker();
  const run = await session.flow(["run", "-e", "sleep(3) | mul(2)", "--no-worker", "--timeout", "1s"], here());
  expect(run).toMatchObject({ exitCode: 5, stdout: "" });
  expect(run.stderr).toMatch(
    /^error: the workflow was not done after 1s \(--timeout\); it goes on; see it by: flow watch [0-9a-z-]+\n$/,
  );
  worker.child.kill("SIGINT");
  expect(await worker.result).toMatchObject({ exitCode: 0 });
});

test("the second signal leaves what runs to other workers", async () => {
  const worker = await startWorker();
  await session.flow(["run", "-e", "sleep(600)", "--no-worker", "--timeout", "1s"], here());
  worker.child.kill("SIGINT");
  await says(worker, "stopping");
  // Signals that come together are one Ctrl-C, passed on by npx.
  await new Promise((resolve) => setTimeout(resolve, 300));
  worker.child.kill("SIGINT");
  const { exitCode, stderr } = await worker.result;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/leaving what runs to other workers\n$/);
});

test("a worker goes on when its Redis was killed and is back", async () => {
  const worker = await startWorker([], here({ FLOW_BROKER: "" }));
  const status = await session.flow(["redis", "status"], here({ FLOW_BROKER: "" }));
  const [, pid] = /Redis [\d.]+, process (\d+)/.exec(status.stdout) ?? [];
  expect(isRunning(Number(pid))).toBe(true);
  process.kill(Number(pid), "SIGKILL");
  await says(worker, "connected again");
  const run = await session.flow(["run", "-e", "mul(2, 3)", "--no-worker"], here({ FLOW_BROKER: "" }));
  expect(run).toMatchObject({ exitCode: 0, stdout: "6\n" });
  worker.child.kill("SIGINT");
  expect(await worker.result).toMatchObject({ exitCode: 0 });
});

test("a task that no worker knows is told with what to do", async () => {
  project.write({
    "more.ts":
      'import { App } from "umbel";\nexport const app = new App("more", { prefix: process.env.TEST_PREFIX ?? "" });\nexport const neg = app.task("neg", (x: number) => -x);\n',
  });
  const worker = await startWorker();
  const run = await session.flow(["run", "-e", "neg(1)", "-A", "more.ts", "--no-worker"], here());
  expect(run).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      'error: no worker here knows the task "neg"; start one with the module that defines it: flow worker -A FILE.ts\n',
  });
  worker.child.kill("SIGINT");
  await worker.result;
});
