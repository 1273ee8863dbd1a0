import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AnySignature, bindSignature, nodeId, parseNodeId, type SignatureData } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

/** A step that types would refuse: what it is given is decided by the failure. */
const untyped = (signature: AnySignature): AnySignature => signature;

describe.each(shopsOnEachBroker)("an errback on %s", (_broker, open) => {
  let shop: Shop;
  const noted: (readonly [name: string, what: unknown])[] = [];

  beforeAll(async () => {
    shop = open();
    shop.app.task("note", (name: string, what: unknown = null) => {
      noted.push([name, what]);
      return name;
    });
    // Its one positional parameter is the failed task's id.
    shop.app.task({ name: "seen", params: ["id", "*", "name"] }, (id: string, { name }: { name: string }) => {
      noted.push([name, id]);
      return name;
    });
    // More than one, so it gets request, error and traceback.
    shop.app.task(
      { name: "examine", params: ["request", "error", "stack", "name"] },
      (request, error, _stack, name) => {
        noted.push([name as string, `${(request as { id: string }).id} ${(error as Error).message}`]);
        return name;
      },
    );
    await shop.work();
  });
  afterAll(() => shop.close());

  const bound = (data: SignatureData): AnySignature => bindSignature(data, shop.app);
  const seen = (name: string): AnySignature => bound({ kind: "task", task: "seen", kwargs: { name } });
  const examine = (name: string): AnySignature => bound({ kind: "task", task: "examine", args: [name] });
  const note = (name: string): AnySignature => bound({ kind: "task", task: "note", args: [name], immutable: true });

  test.each<[what: string, errback: () => AnySignature, told: (id: string) => readonly unknown[]]>([
    [
      "that is a group",
      () => group(seen("a"), seen("b")),
      (id) => [
        ["a", id],
        ["b", id],
      ],
    ],
    [
      "that is a group, as errors",
      () => group(examine("a"), examine("b")),
      (id) => [
        ["a", `${id} failed with []`],
        ["b", `${id} failed with []`],
      ],
    ],
    [
      "that is a chord",
      () => chord([seen("a"), seen("b")], chain(untyped(shop.tasks.echo.s()), note("body"))),
      (id) => [
        ["a", id],
        ["b", id],
        ["body", null],
      ],
    ],
    [
      "that begins with a group",
      () => chain(group(seen("a"), chain(seen("b"), note("after b"))), note("after all")),
      (id) => [
        ["a", id],
        ["after all", null],
        ["after b", null],
        ["b", id],
      ],
    ],
    [
      "with groups in groups",
      () => group(seen("a"), chain(group(seen("b"), seen("c")), note("after"))),
      (id) => [
        ["a", id],
        ["after", null],
        ["b", id],
        ["c", id],
      ],
    ],
    [
      "that is a starmap or chunks gets nothing, as everywhere",
      () =>
        group(
          bound({ kind: "starmap", task: "note", items: [["a", 1]] }),
          bound({
            kind: "chunks",
            task: "note",
            items: [
              ["b", 2],
              ["c", 3],
            ],
            size: 1,
          }),
        ),
      () => [
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ],
    ],
  ])("%s", async (_what, errback, told) => {
    noted.length = 0;
    const failing = await shop.tasks.fail.s().set({ linkError: errback() }).delay();
    await expect(failing.get()).rejects.toThrow("failed with []");
    const expected = told(failing.id);
    await until("all are called", async () => noted.length >= expected.length);
    expect([...noted].sort()).toEqual(expected);
  });

  test("that was not called is REVOKED when its run has ended, and so is a link", async () => {
    const called = { link: [note("link")], linkError: [group(note("errback"), note("errback"))] };
    for (const [task, uncalled] of [
      [shop.tasks.give.s(1), [2, 3, 4, 5]],
      [shop.tasks.fail.s(1), [1]],
    ] as const) {
      const result = await task.set(called).delay();
      const { runKey } = parseNodeId(result.id) ?? {};
      if (runKey === undefined) throw new Error("an id of ours");
      const { store } = await shop.engine.runtime();
      await until("the run has ended", async () => (await store.inspect(runKey)).endedAt !== undefined);
      for (const index of uncalled) {
        const node = await (await shop.engine.runtime()).pages.node(runKey, index);
        if (node.kind === "spread") continue;
        const { state, error } = await shop.engine.read(nodeId(runKey, index));
        expect(`${index} ${state} ${error?.name}`).toBe(`${index} REVOKED TaskRevokedError`);
      }
    }
  });

  test("of a body that did not run gets the body's id, in a group too", async () => {
    noted.length = 0;
    const body = shop.tasks.sum.s().set({ linkError: group(examine("a"), examine("b")) });
    const result = await chord([shop.tasks.fail.s(1)], untyped(body) as typeof body).delay();
    await expect(result.get()).rejects.toThrow("failed with [1]");
    await until("both are called", async () => noted.length === 2);
    expect(noted.map(([, what]) => String(what).split(" ", 2))).toEqual([
      [result.id, "Dependency"],
      [result.id, "Dependency"],
    ]);
  });
});
