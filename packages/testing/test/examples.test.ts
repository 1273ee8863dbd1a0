import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { chain } from "umbel";
import { add, app, mul } from "../../../examples/quickstart/tasks.ts";
import { testRedisUrl } from "../src/kit/test-redis.ts";

const root = join(import.meta.dirname, "../../..");
const flow = join(root, "packages/umbel/bin/flow.js");
const texts = ["river", "market", "winter", "empty"].map((name) => `examples/wordcount/texts/${name}.txt`);

/** Each example with what it is run with beside its file; its result stands in its `expected.json`. */
const examples: readonly [string, readonly string[]][] = [
  ["quickstart", []],
  ["wordcount", ["-p", `files=${JSON.stringify(texts)}`]],
];

function expectedOf(name: string): unknown {
  return JSON.parse(readFileSync(join(root, "examples", name, "expected.json"), "utf8"));
}

describe("the example", () => {
  test.each(examples)(
    "%s gives what its expected.json says",
    async (name, args) => {
      const file = `examples/${name}/${name}.flow`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [flow, "run", file, "--broker", testRedisUrl(), ...args],
        { cwd: root, timeout: 30_000 },
      );
      expect(JSON.parse(stdout)).toEqual(expectedOf(name));
    },
    40_000,
  );
});

test("the quickstart's tasks give the same eagerly, without a broker", async () => {
  app.conf.taskAlwaysEager = true;
  expect(await chain(add.s(4, 4), mul.s(8)).delay().get()).toEqual(expectedOf("quickstart"));
});
