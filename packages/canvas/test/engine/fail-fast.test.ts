import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AnySignature, InvalidSignatureError, nodeId, parseNodeId, TaskRevokedError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

describe.each(shopsOnEachBroker)("a group that fails fast on %s", (_broker, open) => {
  let shop: Shop;
  const ran: string[] = [];
  let goOn: () => void = () => undefined;

  beforeAll(async () => {
    shop = open();
    shop.app.task("note", (name: string) => {
      ran.push(name);
      return name;
    });
    shop.app.task("hold", async () => {
      ran.push("held");
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      ran.push("let go");
    });
    shop.app.task("fail-beside", async (why: string) => {
      await until("another member runs", () => ran.includes("held"));
      throw new RangeError(why);
    });
    await shop.work({ concurrency: 4, overdueMs: 400 });
  });
  afterAll(() => shop.close());

  const note = (name: string, countdown?: number): AnySignature =>
    shop.app.signature("note", [name], countdown === undefined ? {} : { countdown });
  const ended = async (id: string): Promise<void> => {
    const { store } = await shop.engine.runtime();
    const { runKey } = parseNodeId(id) ?? {};
    if (runKey === undefined) throw new Error("an id of ours");
    await until("the run has ended", async () => (await store.inspect(runKey)).endedAt !== undefined);
  };

  test("revokes what has not begun, waits for what runs, and fails with what failed", async () => {
    const { app, tasks } = shop;
    const members = [
      app.signature("hold"),
      note("later", 3600),
      ...Array.from({ length: 30 }, () => note("many", 3600)),
    ];
    ran.length = 0;
    const header = group([app.signature("fail-beside", ["soon"]), ...members]).set({ failFast: true });
    const result = await header.pipe(tasks.echo.s()).delay();
    await until("it is held", () => ran.includes("held"));
    const runKey = parseNodeId(result.id)?.runKey;
    if (runKey === undefined) throw new Error("an id of ours");
    const later = nodeId(runKey, 3);
    await until("the others are revoked", async () => (await shop.engine.read(later)).state === "REVOKED");
    const failed = nodeId(runKey, 1);
    expect((await shop.engine.read(later)).error).toMatchObject({
      name: TaskRevokedError.name,
      message: `revoked: ${failed} has failed, and its group fails fast`,
    });
    expect(await result.state()).toBe("PENDING");
    goOn();
    await expect(result.get()).rejects.toThrow("soon");
    await ended(result.id);
    expect(ran).toEqual(["held", "let go"]);
    expect((await shop.engine.read(later)).error?.message).toBe(
      `revoked: ${failed} has failed, and its group fails fast`,
    );
    expect((await shop.engine.read(result.id)).error?.message).toContain(`Dependency ${failed} raised RangeError`);
  });

  test.each<[what: string, canvas: () => AnySignature]>([
    [
      "a chord",
      () => chord([shop.tasks.fail.s(1), note("sibling", 3600)], shop.tasks.echo.s()).set({ failFast: true }),
    ],
    [
      "each",
      () => {
        const late = shop.app.signature("each-member", [], { countdown: 0 });
        return chain(
          shop.tasks.same.s([1, 2, 3, 4]),
          each(late as never, { limit: 1 }).set({ failFast: true }) as never,
        );
      },
    ],
    [
      "a group at the end of a chain in a group",
      () => group(chain(note("first"), group(shop.tasks.fail.s(), note("sibling", 3600)))).set({ failFast: true }),
    ],
  ])("may be %s", async (_what, canvas) => {
    ran.length = 0;
    if (!shop.app.tasks.has("each-member")) {
      shop.app.task("each-member", (x: number) => {
        ran.push(`member ${x}`);
        throw new RangeError(`failed with ${x}`);
      });
    }
    const result = await shop.app.signature(canvas().toJSON()).delay();
    await expect(result.get({ timeout: 4 })).rejects.toMatchObject({ name: "RangeError" });
    await ended(result.id);
    expect(ran.filter((name) => name !== "first")).toEqual(ran.includes("member 1") ? ["member 1"] : []);
  });

  test("may be streamed", async () => {
    ran.length = 0;
    const members = function* () {
      yield shop.tasks.fail.s(1);
      for (let x = 0; x < 1500; x += 1) yield note("streamed", 3600);
    };
    const result = await group.stream(shop.app, members()).set({ failFast: true }).delay();
    await expect(result.get({ timeout: 15 })).rejects.toThrow("failed with [1]");
    await ended(result.id);
    expect(ran).toEqual([]);
    const states = await Promise.all((await result.results()).slice(0, 50).map((member) => member.state()));
    expect(new Set(states.slice(1))).toEqual(new Set(["REVOKED"]));
  }, 20_000);

  test("says so as JSON and as text, and lets all others run without it", async () => {
    const signature = group(shop.tasks.fail.s(1), note("sibling")).set({ failFast: true });
    expect(JSON.parse(JSON.stringify(signature))).toMatchObject({ kind: "group", options: { failFast: true } });
    expect(String(signature)).toContain("with {failFast: true}");
    ran.length = 0;
    await expect(group(shop.tasks.fail.s(1), note("sibling")).delay().get()).rejects.toThrow("failed with [1]");
    expect(ran).toEqual(["sibling"]);
  });

  test("is refused where it has no meaning", () => {
    const { give } = shop.tasks;
    expect(() => give.s(1).set({ failFast: true }).delay()).toThrow(InvalidSignatureError);
    const inner = group(give.s(1), give.s(2)).set({ failFast: true });
    expect(() => group(inner, give.s(3)).delay()).toThrow("must be said of the group around it");
    expect(() => give.s(1).set({ failFast: "yes" as never })).toThrow("must be true or false");
  });
});
