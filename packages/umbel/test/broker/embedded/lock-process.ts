/**
 * Takes the lock of a folder again and again, for tests, and prints `!` when another process that lives is inside at the
 * same time. Ends when it is killed.
 */
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../../src/broker/embedded/lock.ts";
import { isRunning } from "./project-of-test.ts";

const folder = process.argv[2] ?? "";
const inside = join(folder, "inside");

for (;;) {
  await withLock(folder, async () => {
    try {
      writeFileSync(inside, String(process.pid), { flag: "wx" });
    } catch {
      // Left by one that was killed, or written by one that is inside now.
      if (isRunning(Number(readFileSync(inside, "utf8")))) process.stdout.write("!");
      writeFileSync(inside, String(process.pid));
    }
    await sleep(Math.random() * 4);
    unlinkSync(inside);
    process.stdout.write(".");
  });
}
