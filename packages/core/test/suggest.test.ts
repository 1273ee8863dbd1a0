import { expect, test } from "@jest/globals";
import { didYouMean, nearest } from "../src/suggest.ts";

test.each<[string, readonly string[], string | undefined]>([
  ["retrys", ["retries", "queue"], "retries"],
  ["mull", ["add", "mul"], "mul"],
  ["mdoe", ["mode", "size"], "mode"],
  ["nmae", ["name"], "name"],
  ["taks", ["task"], "task"],
  ["countdwon", ["countdown"], "countdown"],
  ["QUEUE", ["queue"], "queue"],
  ["ad", ["id", "add"], "id"],
  ["resize", ["resizes", "Resize"], "Resize"],
  ["xyz", ["add", "mul"], undefined],
  ["emod", ["mode"], undefined],
  ["notification", ["notify"], undefined],
  ["name", [], undefined],
  ["", ["a"], "a"],
])("nearest to %j among %j is %j", (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected);
});

test("a suggestion is a sentence, or nothing", () => {
  expect(didYouMean("mdoe", ["mode"])).toBe("; did you mean `mode`?");
  expect(didYouMean("xyz", ["mode"])).toBe("");
});
