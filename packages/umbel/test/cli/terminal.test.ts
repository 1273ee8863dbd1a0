import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const script = join(import.meta.dirname, "terminal-process.ts");
const args = ["--conditions=source", "--import", "tsx", script];

test("standard output holds the result only, whatever tasks print", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '{"the":"result"}\nafter\n',
    stderr: "log of a task\nwrite of a task\nnote\n",
  });
});

test("an output that is closed early is no failure", () => {
  const command = `"${process.execPath}" ${args.join(" ")} 2>&1 >&- | cat; exit \${PIPESTATUS[0]}`;
  const { status } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  expect(status).toBe(0);
});
