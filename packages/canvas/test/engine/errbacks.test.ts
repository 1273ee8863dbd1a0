import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AnySignature, bindSignature, nodeId, parseNodeId, type RunKey, type SignatureData } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

/** A step that types would refuse: what it is given is decided by the failure. */
const untyped = (signature: AnySignature): AnySignature => signature;

describe.each(shopsOnEachBroker)("C2 an errback on %s", (_broker, open) => {
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

  /** Waits until a run has ended; gives its key. */
  const ended = async (id: string): Promise<RunKey> => {
    const { store } = await shop.engine.runtime();
    const { runKey } = parseNodeId(id) ?? {};
    if (runKey === undefined) throw new Error("an id of ours");
    await until("the run has ended", async () => (await store.inspect(runKey)).endedAt !== undefined);
    return runKey;
  };

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
      const runKey = await ended(result.id);
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

  test("of each of 2,500 bodies is called once when the header fails, and the run ends", async () => {
    noted.length = 0;
    const count = 2500;
    const bodies = Array.from({ length: count }, () => shop.tasks.echo.s().set({ linkError: seen("body") }));
    const result = await chain(group(shop.tasks.fail.s(1)), group(bodies)).delay();
    await expect(result.get({ timeout: 20 })).rejects.toThrow("failed with [1]");
    const runKey = await ended(result.id);
    const members = await result.results();
    expect(noted.map(([, id]) => id).sort()).toEqual(members.map(({ id }) => id).sort());
    expect(await shop.engine.exportGraph(result.id, { format: "tree" })).toBe(
      `group of 1  FAILURE\n  • fail(1)  FAILURE\n→ group of ${count}  FAILURE\n  • echo × ${count}  ${count} FAILURE\n      on error: seen × ${count}  ${count} SUCCESS\n`,
    );
    const { pages } = await shop.engine.runtime();
    // 0 spread, 1 its member, 2 join; 3 spread, 4 its first member
    const body = await pages.node(runKey, 4);
    const errback = body.kind === "task" ? Number.parseInt(body.onError[0]?.slice(1) ?? "", 10) : 0;
    expect(await shop.engine.parent(nodeId(runKey, errback))).toEqual({ id: members[0]?.id, isGroup: false });
  }, 30_000);

  test("is one of many that hang on one task from groups around it", async () => {
    noted.length = 0;
    const errbacks = (name: string, count: number) => ({ linkError: Array.from({ length: count }, () => seen(name)) });
    const inner = chain(shop.tasks.fail.s(1), untyped(shop.tasks.echo.s())).set(errbacks("inner", 600));
    const result = await chain(inner, untyped(shop.tasks.echo.s())).set(errbacks("outer", 600)).delay();
    await expect(result.get({ timeout: 20 })).rejects.toThrow("failed with [1]");
    const failed = nodeId(await ended(result.id), 0);
    expect(noted.length).toBe(1200);
    expect(new Set(noted.map(([name, id]) => `${name} ${id === failed}`))).toEqual(
      new Set(["inner true", "outer true"]),
    );
    const children = await shop.engine.children(failed);
    expect(children.length).toBe(1200);
    expect(await shop.engine.parent(children[700]?.id ?? "")).toEqual({ id: failed, isGroup: false });
    const tree = await shop.engine.exportGraph(result.id, { format: "tree", fold: false });
    expect(tree.match(/seen\(/g)?.length).toBe(1200);
  }, 30_000);
});
