import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type AnySignature, type CallOptions, parseNodeId } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

/** What can be sent. */
interface Sendable {
  set(options: CallOptions): Sendable;
  applyAsync(args: readonly unknown[], options: CallOptions): PromiseLike<{ readonly id: string }>;
}

describe.each(shopsOnEachBroker)("C2 links on %s", (_broker, open) => {
  let shop: Shop;
  const noted: string[] = [];
  let note: AnySignature;

  beforeAll(async () => {
    shop = open();
    note = shop.app.task("note", (...given: unknown[]) => void noted.push(JSON.stringify(given))).s();
    await shop.work();
  });
  beforeEach(() => {
    noted.length = 0;
  });
  afterAll(() => shop.close());

  const notedBy = async (sent: PromiseLike<{ readonly id: string }>): Promise<readonly string[]> => {
    const { runKey } = parseNodeId((await sent).id) ?? {};
    if (runKey === undefined) throw new Error("an id of ours");
    const { store } = await shop.engine.runtime();
    await until("the run has ended", async () => (await store.inspect(runKey)).endedAt !== undefined);
    return noted.splice(0).sort();
  };

  const members = () => [shop.tasks.add.s(1), shop.tasks.mul.s(10), chain(shop.tasks.add.s(2), shop.tasks.add.s(3))];
  const celeryTask = (task: string, args: number[]) => ({ task, args, kwargs: {}, options: {}, subtask_type: null });
  const celery = (subtask_type: "chain" | "group", ...tasks: object[]) => {
    return { task: `celery.${subtask_type}`, kwargs: { tasks }, subtask_type };
  };

  test.each<[what: string, canvas: () => Sendable, args: number[], links: string[]]>([
    ["a group's are each member's", () => group(members()), [5], ["[10]", "[50]", "[6]"]],
    [
      "a group's in a group, too",
      () => group(members()[0] as never, group(members())),
      [5],
      ["[10]", "[50]", "[6]", "[6]"],
    ],
    ["a streamed group's are each member's", () => group.stream(shop.app, members()), [5], ["[10]", "[50]", "[6]"]],
    [
      "those of chunks are each chunk's",
      () =>
        shop.tasks.add.chunks(
          [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
          2,
        ),
      [],
      ["[[2,4]]", "[[6]]"],
    ],
    [
      "those of Celery's group of a chain that ends in a group are the chain's",
      () =>
        shop.app.signature(
          celery(
            "group",
            celery("chain", celeryTask("add", [1]), celery("group", celeryTask("mul", [2]), celeryTask("mul", [3]))),
          ),
        ),
      [5],
      ["[[12,18]]"],
    ],
    ["those of a group that knows no member are nobody's", () => shop.app.signature(group()), [], []],
    [
      "a chain's are called behind its last step, once",
      () => chain(shop.tasks.add.s(1), group(members())),
      [4],
      ["[[6,50,10]]"],
    ],
    ["a chord's are its body's", () => chord(members(), shop.tasks.sum.s()), [5], ["[66]"]],
    [
      "a streamed chord's are its body's",
      () => group.stream(shop.app, members()).pipe(shop.tasks.sum.s()),
      [5],
      ["[66]"],
    ],
  ])("%s, whether they are set or said by the call", async (_what, canvas, args, links) => {
    expect(await notedBy(canvas().set({ link: note }).applyAsync(args, {}))).toEqual(links);
    expect(await notedBy(canvas().applyAsync(args, { link: note }))).toEqual(links);
    const both = await notedBy(canvas().set({ link: note }).applyAsync(args, { link: note }));
    expect(both).toEqual([...links, ...links].sort());
  });

  test.each<[what: string, canvas: () => AnySignature, times: number]>([
    ["a chord's body that is a group: each member's, when the header fails", () => chord([failing()], twoSums()), 2],
    ["a chord's body that is a group: that member's which fails", () => chord(members(), group(failing(), sum())), 1],
    ["a chain that ends in a group: the chain's, when a step before fails", () => chain(failing(), twoSums()), 1],
    ["a chain that ends in a group: those members' which fail", () => chain(sum(), group(failing(), failing())), 2],
  ])("errbacks of %s", async (_what, canvas, times) => {
    const called = (canvas() as unknown as Sendable).set({
      linkError: shop.app.signature("note", ["called"]).immutable(),
    });
    expect(await notedBy(called.applyAsync([[1]], {}))).toEqual(new Array(times).fill('["called"]'));
    expect(await notedBy((canvas() as unknown as Sendable).applyAsync([[1]], { linkError: note }))).toHaveLength(times);
  });

  const failing = () => shop.app.signature("fail");
  const sum = () => shop.app.signature("echo");
  const twoSums = () => group(sum(), sum());

  test("of a group that fails are called by the members that succeed", async () => {
    const half = group(shop.tasks.give.s(1), shop.tasks.fail.s()) as unknown as Sendable;
    expect(await notedBy(half.applyAsync([], { link: note }))).toEqual(["[1]"]);
  });
});
