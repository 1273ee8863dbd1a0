import { expect, test } from "@jest/globals";
import { App } from "../../src/app.ts";
import { OptionError } from "../../src/errors.ts";
import type { Skew } from "../../src/signature/members.ts";
import { bindSignature, type SignatureObject } from "../../src/signature/signature.ts";

const app = new App("members");
const add = app.task("add", (x: number, y: number) => x + y);

const group = (count: number): SignatureObject =>
  bindSignature({ kind: "group", members: Array.from({ length: count }, () => add.s(1).data) }, app) as SignatureObject;

function countdowns({ data }: { readonly data: unknown }): unknown[] {
  const { members } = data as { members: { options: { countdown: number } }[] };
  return members.map(({ options }) => options.countdown);
}

test.each<[skew: Skew | undefined, seconds: unknown[]]>([
  [undefined, [1, 2, 3, 4]],
  [{ start: 0 }, [0, 1, 2, 3]],
  [{ start: 10, step: 0.5 }, [10, 10.5, 11, 11.5]],
  [{ start: 1, stop: 2 }, [1, 2, 2, 2]],
  [{ start: 0, stop: 5, step: 2 }, [0, 2, 4, 4]],
  [{ start: 0, stop: 0.3, step: 0.1 }, [0, 0.1, 0.2, expect.closeTo(0.3)]],
  [{ start: 3, step: 0 }, [3, 3, 3, 3]],
])("members of a group skewed by %j wait %j seconds", (skew, seconds) => {
  const before = group(4);
  const text = JSON.stringify(before);
  expect(countdowns(before.skew(skew))).toEqual(seconds);
  expect(JSON.stringify(before)).toBe(text);
});

test.each<[skew: Skew, message: string]>([
  [{ start: -1 }, "`start` of skew must be a number of seconds of at least 0; got -1"],
  [{ step: Number.NaN }, "`step` of skew must be a number of seconds of at least 0; got NaN"],
  [{ start: 5, stop: 1 }, "`stop` of skew must be a number of seconds, at least `start`; got 1"],
])("a skew of %j is refused", (skew, message) => {
  expect(() => group(1).skew(skew)).toThrow(new OptionError(message));
});

test("chunks are a group of starmaps, and can be skewed", () => {
  const chunks = add
    .chunks(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      2,
    )
    .set({ queue: "q" });
  expect(
    add
      .chunks(
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        2,
      )
      .group().data,
  ).toEqual({
    kind: "group",
    members: [
      {
        kind: "starmap",
        task: "add",
        items: [
          [1, 1],
          [2, 2],
        ],
      },
      { kind: "starmap", task: "add", items: [[3, 3]] },
    ],
  });
  expect(chunks.skew({ start: 0, step: 5 }).data).toMatchObject({ kind: "group", options: { queue: "q" } });
  expect(countdowns(chunks.skew({ start: 0, step: 5 }))).toEqual([0, 5]);
});

test("what is no group has no members", () => {
  const { group: toGroup, skew } = add.s(1) as unknown as SignatureObject;
  expect(() => toGroup.call(add.s(1) as unknown as SignatureObject)).toThrow(
    "`group()` is for groups; this signature is a task",
  );
  expect(() => skew.call(add.s(1) as unknown as SignatureObject)).toThrow(
    "`skew()` is for groups; this signature is a task",
  );
});
