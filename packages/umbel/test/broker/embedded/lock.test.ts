import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { withLock } from "../../../src/broker/embedded/lock.ts";
import { ownIdentity } from "../../../src/broker/embedded/process-identity.ts";

jest.setTimeout(60_000);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "umbel-test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const DEAD = { pid: 2 ** 30, startTime: "never", id: "00000000-0000-4000-8000-000000000001" };
const DEAD_TOO = { ...DEAD, id: "00000000-0000-4000-8000-000000000002" };

async function leaveLock(name: string, holder: object): Promise<void> {
  const { machine } = await ownIdentity();
  symlinkSync(JSON.stringify({ machine, ...holder }), join(folder, name));
}

test("only one is inside at a time", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(1);
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(folder, work)));
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock is free again after work that throws", async () => {
  await expect(withLock(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(folder, () => Promise.resolve("yes"))).toBe("yes");
});

test("the lock of a dead process is taken over, and so is that of a dead successor", async () => {
  await leaveLock("lock", DEAD);
  await leaveLock(`lock.${DEAD.id}`, DEAD_TOO);
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await sleep(1);
    inside--;
  };
  await Promise.all(Array.from({ length: 10 }, () => withLock(folder, work)));
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock of another process with the same pid is dead", async () => {
  await leaveLock("lock", { ...DEAD, pid: process.pid });
  expect(await withLock(folder, () => Promise.resolve("yes"))).toBe("yes");
});

test("waiting for a living holder ends with its pid, or with the signal", async () => {
  await withLock(folder, async () => {
    await expect(withLock(folder, () => Promise.resolve(), { timeoutMs: 50 })).rejects.toThrow(
      new RegExp(`process ${process.pid} on .* has held .*/lock for 0.05 s; end that process and try again`),
    );
    const signal = AbortSignal.timeout(50);
    await expect(withLock(folder, () => Promise.resolve(), { signal })).rejects.toThrow(/abort/i);
  });
});

test("the lock of another container is respected while it is fresh", async () => {
  await leaveLock("lock", { ...DEAD, machine: "another" });
  await expect(withLock(folder, () => Promise.resolve(), { timeoutMs: 50 })).rejects.toThrow('on "another"');
});

test("a file in its place is told", async () => {
  writeFileSync(join(folder, "lock"), "");
  await expect(withLock(folder, () => Promise.resolve())).rejects.toThrow("/lock is not a lock of ours; remove it");
});

test("processes that are killed inside never let two in, and never block the others", async () => {
  const printed: string[] = [];
  const start = (): ChildProcess => {
    const script = join(import.meta.dirname, "lock-process.ts");
    const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx", script, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.on("data", (text: Buffer) => printed.push(text.toString()));
    return child;
  };
  const children = [1, 2, 3, 4, 5, 6].map(start);
  const gone = children.map((child) => once(child, "exit"));
  const countSteps = () => printed.join("").split(".").length;
  const untilMore = async () => {
    for (const goal = countSteps() + 20; countSteps() < goal; ) await sleep(5);
  };
  for (const child of children.slice(0, -1)) {
    await untilMore();
    child.kill("SIGKILL");
  }
  await untilMore();
  children.at(-1)?.kill("SIGKILL");
  await Promise.all(gone);
  expect(printed.join("")).not.toContain("!");
  expect(await withLock(folder, () => Promise.resolve("yes"))).toBe("yes");
});
