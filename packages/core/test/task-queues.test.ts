import { describe, expect, test } from "@jest/globals";
import { checkTaskQueues, parseTaskQueues, queueNames, shardsOf } from "../src/task-queues.ts";

describe("C10 taskQueues", () => {
  test("a queue is a name, or says over how many shards it is spread", () => {
    const queues = ["feeds", { name: "mail", shards: 6 }, { name: "rest" }];
    expect(checkTaskQueues(queues)).toBeUndefined();
    expect(queueNames(queues)).toEqual(["feeds", "mail", "rest"]);
    expect(["feeds", "mail", "rest", "none"].map((name) => shardsOf(queues, name))).toEqual([1, 6, 1, 1]);
  });

  test.each([
    ["a text", "feeds"],
    ["no queue", [1]],
    ["an empty name", [""]],
    ["no name", [{ shards: 2 }]],
    ["no shards", [{ name: "mail", shards: 0 }]],
    ["too many shards", [{ name: "mail", shards: 65 }]],
    ["half a shard", [{ name: "mail", shards: 1.5 }]],
    ["an unknown word", [{ name: "mail", shard: 2 }]],
    ["a queue twice", ["mail", { name: "mail", shards: 2 }]],
  ])("%s is refused", (_what, queues) => {
    expect(checkTaskQueues(queues)).toBe(
      'a list of queues, each once, such as ["feeds", { name: "mail", shards: 6 }] with 1 to 64 shards',
    );
  });

  test.each([
    ["feeds, mail", ["feeds", "mail"]],
    ['[{ "name": "mail", "shards": 3 }]', [{ name: "mail", shards: 3 }]],
    ["[mail", "[mail"],
  ])("the environment's %s is read", (text, queues) => {
    expect(parseTaskQueues(text)).toEqual(queues);
  });
});
