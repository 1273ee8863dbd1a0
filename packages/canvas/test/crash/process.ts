/**
 * A process of its own, for tests that kill it: `worker`, `doomed`, `submit`, `late` or `chord`. It says on stdout what it has done,
 * so that a test waits for words and not for the clock.
 */
import { App } from "@umbel/core";
import { Redis } from "ioredis";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { chord } from "../../src/primitives/chord.ts";
import { startWorker } from "../../src/worker/start-worker.ts";
import { SocketBroker } from "../kit/redis-server.ts";
import { lostAfterMs, overdueMs } from "./patience.ts";

const [, , role, prefix = "", argument = ""] = process.argv;

const app: App = new App("crash", {}, () => engine);
const engine: CanvasEngine = new CanvasEngine(app, { openBroker: async () => new SocketBroker(), prefix });

let done = 0;
const square = app.task("square", (x: number) => {
  done += 1;
  if (done % 100 === 0) process.stdout.write(`done ${done}\n`);
  return x * x;
});
const collect = app.task("collect", (squares: readonly number[]) => squares);
const add = app.task("add", (x: number, y: number) => x + y);
app.task({ name: "deadly", maxDeliveries: 2 }, () => process.kill(process.pid, "SIGKILL"));
app.task({ name: "deadly and kept", rejectOnWorkerLost: false }, () => process.kill(process.pid, "SIGKILL"));
app.task({ name: "deadly once", acksLate: false }, () => process.kill(process.pid, "SIGKILL"));

async function work(): Promise<void> {
  await startWorker(app, engine, {
    queues: ["default"],
    concurrency: 20,
    lostAfterMs,
    overdueMs,
    onError: (error) => process.stderr.write(`${error.stack}\n`),
  });
  process.stdout.write("ready\n");
}

/** Kills this process right before it sends so many commands more, counted from when it first asks for a job. */
function dieBefore(commands: number): void {
  const send = Redis.prototype.sendCommand;
  let left = commands;
  let hasAsked = false;
  Redis.prototype.sendCommand = function (this: Redis, command, stream) {
    // BullMQ's scripts that take jobs name the list of waiting ones first.
    hasAsked ||= String(command.args[2]).endsWith(":wait");
    if (hasAsked) left -= 1;
    if (left < 0) process.kill(process.pid, "SIGKILL");
    return send.call(this, command, stream);
  };
}

switch (role) {
  case "worker":
    await work();
    break;
  case "doomed":
    dieBefore(Number(argument));
    await work();
    break;
  case "submit":
    process.stdout.write(`${(await add.delay(2, 2)).id}\n`);
    break;
  case "late": {
    // Nothing that is thrown too early or too late may end the process.
    const waits = Array.from({ length: 20 }, (_, timeoutMs) => app.asyncResult(argument).get({ timeoutMs }));
    const ends = await Promise.allSettled(waits);
    process.stdout.write(`${ends.filter((end) => end.status === "rejected").length} late\n`);
    break;
  }
  case "chord": {
    const members = Array.from({ length: Number(argument) }, (_, index) => square.s(index));
    process.stdout.write(`${(await chord(members, collect.s()).delay()).id}\n`);
    // A client that does nothing more, and waits to be killed.
    setInterval(() => undefined, 1000);
    break;
  }
  default:
    throw new Error(`no role: ${role}`);
}
