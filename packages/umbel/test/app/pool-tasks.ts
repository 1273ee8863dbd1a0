/** Tasks that tests run in threads and processes: this module is imported by the test, and again by each child. */
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, threadId } from "node:worker_threads";
import { registerError } from "@umbel/core";
import { App, getTaskLogger, Ignore, Reject, Request, Task } from "umbel";

// Its broker and its prefix are in the environment, which children share.
export const app = new App("pooled");

export class CardError extends Error {
  readonly cents: number;
  constructor(cents: number) {
    super(`no ${cents} cents`);
    this.name = "CardError";
    this.cents = cents;
  }
}
registerError(CardError);

const logger = getTaskLogger("pooled", { stream: { write: () => undefined } });

/** Where a task runs. */
const place = () => ({ pid: process.pid, thread: isMainThread ? 0 : threadId });

export const echo = app.task({ name: "echo", bind: true }, (self, ...values: unknown[]) => {
  logger.info({ count: values.length }, "echoing");
  const { id, args, hostname, retries, deliveryInfo, group } = self.request;
  return { values, place: place(), request: { id, args: args.length, hostname, retries, deliveryInfo, group } };
});
export const add = app.task("add", (x: number, y: number) => x + y);

/** Holds its thread until the other one has come: only what runs side by side gets on. */
export const meet = app.task("meet", (mine: string, others: string) => {
  writeFileSync(mine, "");
  for (const end = Date.now() + 15_000; Date.now() < end; ) if (existsSync(others)) return "met";
  return "missed";
});

export const ask = app.task(
  { name: "ask", bind: true, maxRetries: 2, autoretryFor: [RangeError], retryBackoff: 0.001, throws: [TypeError] },
  async (self, how: string): Promise<unknown> => {
    const { retries } = self.request;
    if (how === "retry" && retries < 2) self.retry({ countdownMs: 1 });
    if (how === "autoretry" && retries < 2) throw new RangeError("again");
    if (how === "replace") self.replace(add.s(20, 22));
    if (how === "grow") self.addToChord(add.s(1, 1));
    if (how === "ignore") {
      await self.updateState("SUCCESS", "told");
      throw new Ignore();
    }
    if (how === "reject") throw new Reject("not today");
    if (how === "card") throw new CardError(3);
    if (how === "cannot be stored") return () => 1;
    return retries;
  },
);

export const wait = app.task({ name: "wait", bind: true }, async (self) => {
  await self.updateState("WAITING", place());
  await sleep(60_000, undefined, { signal: self.signal });
});

const late: string[] = [];
class LateRequest extends Request {
  override onTimeout(soft: boolean, timeout: number): void {
    late.push(`${soft ? "soft" : "hard"} ${timeout}`);
  }
}
class Watched extends Task {
  override Request = LateRequest;
  override onFailure(error: Error): void {
    late.push(error.message);
  }
}
/** What handlers of this process were told. */
export const told = late;

export const spin = app.task({ name: "spin", base: Watched, timeLimitMs: 300 }, (forMs: number, file: string) => {
  writeFileSync(file, String(process.pid));
  for (const end = Date.now() + forMs; Date.now() < end; );
  return "done";
});
export const failing = app.task({ name: "failing", base: Watched }, (): number => {
  throw new Error(`told in ${process.pid}.${isMainThread ? 0 : threadId}`);
});

/** Takes no notice of anything. */
export const forever = app.task({ name: "forever", bind: true }, async (self) => {
  await self.updateState("WAITING");
  for (;;);
});

/** Takes its child down. */
export const crash = app.task({ name: "crash", maxDeliveries: 2 }, (file: string) => {
  writeFileSync(file, "x", { flag: "a" });
  process.exit(7);
});
export const once = app.task({ name: "once", acksLate: false }, (file: string) => {
  writeFileSync(file, "x", { flag: "a" });
  process.exit(7);
});

// As in a program that is a worker: what stands behind it must not run in a child.
if (process.env.UMBEL_TEST_POOL === "started") {
  await app.workerMain([]);
  process.exit(5);
}
