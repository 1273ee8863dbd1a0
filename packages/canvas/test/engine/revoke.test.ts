import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  type AnySignature,
  type AsyncResult,
  type BoundTask,
  ChordError,
  nodeId,
  parseNodeId,
  type RunKey,
  type SignatureData,
  type State,
  type Task,
  TaskRevokedError,
  UnknownTaskIdError,
} from "@umbel/core";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

const revoked = new TaskRevokedError("revoked");
const terminated = new TaskRevokedError("terminated");

function runOf(id: string): RunKey {
  const place = parseNodeId(id);
  if (place === undefined) throw new Error(`${id} is no id of ours`);
  return place.runKey;
}

describe.each(shopsOnEachBroker)("revoking on %s", (_broker, open) => {
  let shop: Shop;
  const ran: string[] = [];
  const held = new Map<string, () => void>();
  /** Runs until the test lets it go on, by its name. */
  let hold: Task<[name: string], Promise<string>>;
  let note: Task<[name: string], string>;
  const goOn = (name: string): void => held.get(name)?.();
  const isHeld = (name: string): Promise<void> => until(`${name} runs`, () => held.has(name));
  const bound = <Result>(name: string, fn: (self: BoundTask) => Result): Task<[], Awaited<Result>> =>
    shop.app.task({ name, bind: true }, fn) as unknown as Task<[], Awaited<Result>>;

  beforeAll(async () => {
    shop = open();
    hold = shop.app.task("hold", async (name: string) => {
      ran.push(name);
      await new Promise<void>((resolve) => held.set(name, resolve));
      return name;
    });
    note = shop.app.task("note", (name: string) => {
      ran.push(name);
      return name;
    });
    await shop.work({ concurrency: 20, lostAfterMs: 3000, overdueMs: 400 });
  });
  afterAll(() => shop.close());

  const ended = async (id: string): Promise<void> => {
    const { store, activeRuns } = await shop.engine.runtime();
    await until("the run has ended", async () => (await store.inspect(runOf(id))).endedAt !== undefined);
    await until(
      "nobody looks after it",
      async () => !(await activeRuns.due(Number.MAX_SAFE_INTEGER, 1e6)).includes(runOf(id)),
    );
  };
  const states = async (id: string, count: number): Promise<string[]> =>
    await Promise.all(
      Array.from({ length: count }, async (_, index) => (await shop.engine.read(nodeId(runOf(id), index))).state),
    );
  const step = (result: AsyncResult, index: number): AsyncResult =>
    shop.app.asyncResult(nodeId(runOf(result.id), index));

  test("a task that waits for its time ends it at once, and its run with it", async () => {
    const result = await note.applyAsync(["too late"], { countdown: 3600 });
    expect(await result.revoke()).toBe("revoked");
    expect(await result.state()).toBe("REVOKED");
    await expect(result.get()).rejects.toEqual(revoked);
    await ended(result.id);
    expect(await result.revoke()).toBe("ended");
    expect(ran).not.toContain("too late");
  });

  test("before it is stored waits for that", async () => {
    const submission = note.applyAsync(["never"], { countdown: 3600 });
    expect(await submission.revoke()).toBe("revoked");
    await ended(submission.id);
  });

  test("the result of a chain revokes its last step only; what runs before it goes on", async () => {
    const result = await chain(hold.s("before"), note.si("between"), note.si("last")).delay();
    await isHeld("before");
    expect(await result.revoke()).toBe("revoked");
    await expect(result.get()).rejects.toEqual(revoked);
    goOn("before");
    await ended(result.id);
    expect(await states(result.id, 3)).toEqual(["SUCCESS", "SUCCESS", "REVOKED"]);
    expect(ran).not.toContain("last");
  });

  test("a step ends those after it too", async () => {
    const result = await chain(hold.s("first"), note.si("second"), group(note.si("third")), note.si("fourth")).delay();
    await isHeld("first");
    expect(await step(result, 1).revoke()).toBe("revoked");
    goOn("first");
    await expect(result.get()).rejects.toBeInstanceOf(TaskRevokedError);
    await ended(result.id);
    expect(ran.filter((name) => ["second", "third", "fourth"].includes(name))).toEqual([]);
  });

  test("what runs does not stop it, but its next try", async () => {
    const result = await hold.delay("goes on");
    await isHeld("goes on");
    expect(await result.revoke()).toBe("running");
    goOn("goes on");
    expect(await result.get()).toBe("goes on");
    const again = bound("again", async (self) => {
      await new Promise<void>((resolve) => held.set(`again ${self.request.retries}`, resolve));
      return self.retry({ countdown: 3600 });
    });
    const retried = await again.delay();
    await isHeld("again 0");
    expect(await retried.revoke()).toBe("running");
    goOn("again 0");
    await expect(retried.get()).rejects.toEqual(revoked);
    await ended(retried.id);
  });

  test("with `terminate` ends what runs at once, and tells it", async () => {
    const reasons: unknown[] = [];
    const listen = bound("listen", async ({ signal }) => {
      ran.push("listen");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      reasons.push(signal.reason);
      return "of no use";
    });
    const result = await chain(listen.s(), note.si("after it")).delay();
    await until("it runs", () => ran.includes("listen"));
    expect(await step(result, 0).revoke({ terminate: true })).toBe("revoked");
    await expect(result.get()).rejects.toBeInstanceOf(TaskRevokedError);
    await until("it was told", () => reasons.length > 0);
    expect(reasons).toEqual([terminated]);
    await ended(result.id);
    expect(await states(result.id, 2)).toEqual(["REVOKED", "REVOKED"]);
    expect(await step(result, 0).get({ propagate: false })).toEqual(terminated);
    expect(ran).not.toContain("after it");
  });

  test("is found out by the task when nobody told it", async () => {
    const reasons: unknown[] = [];
    const lonely = bound("lonely", async ({ signal }) => {
      ran.push("lonely");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      reasons.push(signal.reason);
    });
    const result = await lonely.delay();
    await until("it runs", () => ran.includes("lonely"));
    const { store, pages } = await shop.engine.runtime();
    const node = await pages.node(runOf(result.id), 0);
    if (node.kind !== "task") throw new Error("a task");
    const outcome = { kind: "revoked", payload: JSON.stringify({ name: "E", message: "m" }) } as const;
    await store.settle(runOf(result.id), [{ first: 0, count: 1, index: 0, token: "any", outcome, node }]);
    await until("it was told", () => reasons.length > 0);
    expect(reasons).toEqual([terminated]);
  });

  test("a member of a chord's header is a failure of the chord, which calls its errbacks; its own are not called", async () => {
    const called = (name: string) => ({ linkError: shop.app.signature("note", [name]).immutable() });
    const members = [note.s("done"), note.s("dropped").set({ countdown: 3600, ...called("errback of the member") })];
    const body = shop.tasks.echo.s().set(called("errback of the body"));
    const result = await chord(members, body).delay();
    // 0 spread, 1 and 2 its members
    const member = step(result, 2);
    expect(await member.revoke()).toBe("revoked");
    await expect(result.get()).rejects.toEqual(revoked);
    const { error } = await shop.engine.read(result.id);
    expect(error).toMatchObject({
      name: ChordError.name,
      message: `Dependency ${member.id} raised TaskRevokedError('revoked')`,
    });
    await ended(result.id);
    expect(ran).toContain("errback of the body");
    expect(ran).not.toContain("errback of the member");
  });

  test("a group revokes its members", async () => {
    const running = hold.s("a member that runs");
    const result = await group(
      running,
      ...[1, 2, 3].map((x) => note.s(`member ${x}`).set({ countdown: 3600 })),
    ).delay();
    await isHeld("a member that runs");
    expect(await result.revoke()).toBe("running");
    expect(await Promise.all((await result.results()).map((member) => member.state()))).toEqual([
      "STARTED",
      "REVOKED",
      "REVOKED",
      "REVOKED",
    ]);
    expect(await result.revoke({ terminate: true })).toBe("revoked");
    await expect(result.get()).rejects.toEqual(terminated);
    await ended(result.id);
    goOn("a member that runs");
  });

  test.each([[false], [true]])(
    "a group whose members came one by one revokes them (cascade: %s)",
    async (cascade) => {
      const name = `came first ${cascade}`;
      const members = function* () {
        yield hold.s(name);
        for (let x = 0; x < 1500; x += 1) yield note.s("came later").set({ countdown: 3600 });
      };
      const result = await group.stream(shop.app, members()).pipe(shop.tasks.echo.s()).delay();
      await isHeld(name);
      const header = await result.parent();
      if (header === undefined) throw new Error("a chord's body has its header before it");
      expect(await header.revoke({ cascade })).toBe("running");
      const { results } = await shop.engine.runtime();
      const read = async (): Promise<Set<string>> =>
        new Set(
          await results.states(
            runOf(result.id),
            Array.from({ length: 1500 }, (_, index) => index + 4),
          ),
        );
      expect(await read()).toEqual(new Set(["REVOKED"]));
      expect(await result.state()).toBe(cascade ? "REVOKED" : "PENDING");
      goOn(name);
      await expect(result.get()).rejects.toEqual(revoked);
      await ended(result.id);
      expect(await read()).toEqual(new Set(["REVOKED"]));
      expect(await result.state()).toBe(cascade ? "REVOKED" : "FAILURE");
      expect(ran).not.toContain("came later");
    },
    20_000,
  );

  test("with `cascade` revokes what comes after, though what runs goes on", async () => {
    const result = await chain(hold.s("runs"), note.si("follows"), note.si("follows later")).delay();
    await isHeld("runs");
    expect(await step(result, 0).revoke({ cascade: true })).toBe("running");
    expect(await states(result.id, 3)).toEqual(["STARTED", "REVOKED", "REVOKED"]);
    goOn("runs");
    await ended(result.id);
    expect(await states(result.id, 3)).toEqual(["SUCCESS", "REVOKED", "REVOKED"]);
  });

  test.each([[false], [true]])(
    "a whole run ends it, however large (terminate: %s)",
    async (terminate) => {
      const name = `in a large run ${terminate}`;
      const many = Array.from({ length: 1600 }, () => chain(note.s("of many").set({ countdown: 3600 }), note.s()));
      const inner = chord(many.slice(0, 800), note.si("body"));
      const result = await chain(
        group(hold.s(name), inner, ...many.slice(800)),
        shop.tasks.echo.s().set({ linkError: note.si("told") }),
      ).delay();
      await isHeld(name);
      expect(await result.revoke({ run: true, terminate })).toBe("revoked");
      goOn(name);
      await expect(result.get()).rejects.toBeInstanceOf(TaskRevokedError);
      await ended(result.id);
      expect(ran).not.toContain("of many");
      expect(ran).not.toContain("told");
      const { results } = await shop.engine.runtime();
      const read = await results.states(
        runOf(result.id),
        Array.from({ length: 3200 }, (_, index) => index + 3),
      );
      expect(new Set(read)).toEqual(new Set(["REVOKED", "FAILURE"]));
    },
    20_000,
  );

  test("what was put in place of a task goes with it", async () => {
    const member = chain(hold.s(), note.si("after a member"));
    const result = await group(chain(shop.tasks.same.s(["x", "y"]).as<string[]>(), each(member, { limit: 1 }))).delay();
    await isHeld("x");
    expect(await result.revoke()).toBe("running");
    goOn("x");
    await expect(result.get()).rejects.toEqual(revoked);
    await ended(result.id);
    expect(ran).not.toContain("after a member");
    expect(ran).not.toContain("y");
  });

  test("of a task that many were put in place of notes them together, and not one by one", async () => {
    const members = Array.from({ length: 600 }, () => note.s("put in place").set({ countdown: 3600 }));
    const become = bound("become many", (self) => self.replace(group(members)));
    const result = await group(become.s(), note.s("beside it").set({ countdown: 3600 })).delay();
    const { store } = await shop.engine.runtime();
    const inspect = () => store.inspect(runOf(result.id));
    await until("they are in flight", async () => (await inspect()).flights.length === 601);
    await result.revoke();
    await ended(result.id);
    // The group's beginning and its members, and for those that were added at most one a page.
    expect((await inspect()).revocations.length).toBeLessThanOrEqual(2 + 5);
    expect(ran).not.toContain("put in place");
  });

  describe("a task that was replaced answers as what is in its place", () => {
    const later = { countdown: 3600 };
    const late = () => note.s("late").set(later);
    /** A task that is replaced by this, once it is. */
    const replacedBy = async (by: () => AnySignature, times = 1): Promise<AsyncResult> => {
      count += 1;
      const result = await bound(`replaced ${count}`, (self) => self.replace(by())).delay();
      return await inPlace(result, times);
    };
    let count = 0;
    const inPlace = async (result: AsyncResult, times = 1): Promise<AsyncResult> => {
      const { store } = await shop.engine.runtime();
      // What is added has pages of its own.
      await until("it is replaced", async () =>
        (await store.inspect(runOf(result.id))).flights.some(({ first }) => first >= times * PAGE_SIZE),
      );
      return result;
    };

    test.each<[what: string, sent: () => Promise<AsyncResult>, state: State]>([
      [
        "an each, whose members wait",
        async () => inPlace(await each(late() as never).delay([1, 2] as never)),
        "FAILURE",
      ],
      [
        "an each with a limit",
        async () => inPlace(await each(late() as never, { limit: 1 }).delay([1, 2] as never)),
        "FAILURE",
      ],
      [
        "an each of many",
        async () => inPlace(await each(late() as never).delay(Array.from({ length: 300 }))),
        "FAILURE",
      ],
      ["a group, as a group does", () => replacedBy(() => group(late(), late())), "FAILURE"],
      ["a group that was sent, as any", async () => await group(late(), late()).delay(), "FAILURE"],
      ["a task", () => replacedBy(late), "REVOKED"],
      ["a chain", () => replacedBy(() => chain(late(), note.s())), "REVOKED"],
      ["a chord", () => replacedBy(() => chord([late()], note.si("body"))), "REVOKED"],
      ["a task that is replaced by a task", () => replacedBy(() => shop.app.signature(replacing(late)), 2), "REVOKED"],
    ])("%s", async (_what, sent, state) => {
      ran.length = 0;
      const result = await sent();
      expect(await result.revoke()).toBe("revoked");
      expect(await result.state()).toBe(state);
      await expect(result.get()).rejects.toBeInstanceOf(TaskRevokedError);
      await ended(result.id);
      expect(await result.revoke()).toBe("ended");
      expect(ran).toEqual([]);
    });

    const replacing = (by: () => AnySignature): SignatureData => {
      count += 1;
      return bound(`replacing ${count}`, (self) => self.replace(by())).s().data;
    };

    test("which goes on, if it runs", async () => {
      const result = await replacedBy(() => hold.s("in its place"));
      await isHeld("in its place");
      expect(await result.revoke()).toBe("running");
      goOn("in its place");
      expect(await result.get()).toBe("in its place");
      const some = await inPlace(await each(hold.s() as never).delay(["of an each"] as never));
      await isHeld("of an each");
      expect(await some.revoke()).toBe("running");
      expect(await some.revoke({ terminate: true })).toBe("revoked");
      await expect(some.get()).rejects.toEqual(terminated);
      goOn("of an each");
    });
  });

  test("is gone on with by the janitor when whoever began it was lost", async () => {
    const result = await group(
      ...Array.from({ length: 20 }, () => note.s("lost").set({ countdown: 3600 })),
      hold.s("while its revoker is lost"),
    ).delay();
    await isHeld("while its revoker is lost");
    const { store } = await shop.engine.runtime();
    expect(await store.revoke(runOf(result.id), [{ first: 0, last: 2 ** 32 - 1 }], true)).toBe(true);
    await expect(result.get({ timeout: 15 })).rejects.toBeInstanceOf(TaskRevokedError);
    await ended(result.id);
    goOn("while its revoker is lost");
  }, 20_000);

  test("of what has ended or is unknown says so", async () => {
    const result = await note.delay("done before");
    await result.get();
    expect(await result.revoke({ terminate: true })).toBe("ended");
    expect(await result.state()).toBe("SUCCESS");
    await expect(shop.app.asyncResult("nobody").revoke()).rejects.toThrow(UnknownTaskIdError);
    await shop.engine.discard(result.id);
    await expect(result.revoke()).rejects.toThrow("nothing of it can be revoked");
  });

  test("goes by ids too, and by groups that no run made", async () => {
    const later = { countdown: 3600 };
    const results = await Promise.all(["a", "b", "c"].map((name) => note.applyAsync([name], later)));
    const [first, ...others] = results;
    if (first === undefined) throw new Error("three");
    expect(await shop.app.control.revoke(first.id)).toBe("revoked");
    expect(await shop.app.groupResult(others).revoke()).toBe("revoked");
    expect(await shop.app.control.revoke(results.map(({ id }) => id))).toEqual(["ended", "ended", "ended"]);
    for (const { id } of results) await ended(id);
    const running = await hold.delay("to be terminated");
    await isHeld("to be terminated");
    expect(await shop.app.control.terminate(running.id)).toBe("revoked");
    goOn("to be terminated");
  });
});
