import { expect, test } from "@jest/globals";
import {
  newRunKey,
  OptionError,
  parseNodeId,
  type ResumeReply,
  RunExpiredError,
  RunNotEndedError,
  UnknownTaskIdError,
} from "@umbel/core";
import { z } from "zod";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

/** Tasks that note what they do, and fail as long as they are told to. */
function defineNoting(shop: Shop) {
  const ran: string[] = [];
  const broken = new Set<string>();
  const note = shop.app.task("note", (value: number, what: string) => {
    ran.push(`${what}(${value})`);
    if (broken.has(what)) throw new RangeError(`${what} is broken`);
    return value + 1;
  });
  return { ran, broken, note };
}

const fates = ({ nodes }: ResumeReply): string[] =>
  [...nodes()].map(({ index, action, why }) => `${index} ${action}: ${why}`);

const settled = (shop: Shop, id: string): Promise<unknown> =>
  shop.app
    .asyncResult(id)
    .get({ timeout: 20 })
    .catch((error: unknown) => (error as Error).message);

describeOnEachBroker("runs that are held", (open) => {
  test("a chain goes on from the step that failed, with the values before it, and says so", async () => {
    const shop = open();
    const { ran, broken, note } = defineNoting(shop);
    await shop.work();
    broken.add("b");
    const { id } = await chain(note.s(1, "a"), note.s("b"), note.s("c")).delay();
    expect(await settled(shop, id)).toBe("b is broken");
    expect(await shop.app.runs.list({ state: "FAILURE" })).toMatchObject({ runs: [{ resultId: id }] });
    broken.clear();
    const reply = await shop.app.runs.resume(id);
    expect(await settled(shop, id)).toBe(4);
    expect(ran).toEqual(["a(1)", "b(2)", "b(2)", "c(3)"]);
    expect(reply).toMatchObject({ reused: 1, again: 2, run: { resumes: 1 } });
    expect(fates(reply)).toEqual([
      "0 reused: it succeeded",
      "1 again: it failed",
      "2 again: it never ran, because note [1] did not succeed",
    ]);
    expect(await shop.app.runs.find(id)).toMatchObject({ state: "SUCCESS", resumes: 1 });
    expect(await shop.app.runs.list({ state: "FAILURE" })).toEqual({ runs: [] });
    // There is nothing more to do.
    expect(await shop.app.runs.resume(id)).toMatchObject({
      reused: 3,
      again: 0,
      run: { state: "SUCCESS", resumes: 1 },
    });
  });

  test("of a chord with an `each`, a replaced task and errbacks, only what failed runs again", async () => {
    const shop = open();
    const { ran, broken, note } = defineNoting(shop);
    const told: unknown[] = [];
    const tell = shop.app.task("tell", (id: string) => void told.push(id));
    const swap = shop.app.task({ name: "swap", bind: true }, (self, value: number): number =>
      self.replace(chain(note.s(value, "r"), note.s("s"))),
    );
    const list = shop.app.task("list", () => [10, 20, 30]);
    const { sum, give } = shop.tasks;
    await shop.work();
    for (const what of ["m", "s"]) broken.add(what);
    const canvas = chord(
      [chain(list.s(), each(note.s("m"), { limit: 2 }), sum.s()), swap.s(1).set({ linkError: tell.s() }), give.s(5)],
      sum.s(),
    );
    const { id } = await canvas.delay();
    expect(await settled(shop, id)).toMatch(/is broken$/);
    await until("the errback was called", () => told.length === 1);
    const before = ran.splice(0);
    expect(before.filter((what) => what.startsWith("r("))).toEqual(["r(1)"]);
    broken.delete("m");
    // `s` fails again: its errback is called again, and the members of the `each` are kept.
    await until("it has ended", async () => (await shop.app.runs.find(id)).state === "FAILURE");
    await shop.app.runs.resume(id);
    expect(await settled(shop, id)).toMatch(/is broken$/);
    await until("the errback was called", () => told.length === 2);
    expect(ran.splice(0).sort()).toEqual(["m(10)", "m(20)", "m(30)", "s(2)"]);
    broken.clear();
    await until("it has ended", async () => (await shop.app.runs.find(id)).state === "FAILURE");
    await shop.app.runs.resume(id);
    expect(await settled(shop, id)).toBe(11 + 21 + 31 + 3 + 5);
    expect(ran).toEqual(["s(2)"]);
  });

  test("a large group runs those of its members again that failed, in windows, and keeps the others", async () => {
    const shop = open({ window: 8 });
    const { ran, broken, note } = defineNoting(shop);
    await shop.work();
    broken.add("odd");
    const members = Array.from({ length: 300 }, (_, place) => note.s(place, place % 2 === 0 ? "even" : "odd"));
    const { id } = await chord(members, shop.tasks.sum.s()).delay();
    expect(await settled(shop, id)).toMatch(/is broken$/);
    ran.splice(0);
    broken.clear();
    const reply = await shop.app.runs.resume(id);
    expect(await settled(shop, id)).toBe((300 * 301) / 2);
    expect(reply).toMatchObject({ reused: 150, again: 151 });
    expect(ran).toHaveLength(150);
    expect(ran.every((what) => what.startsWith("odd"))).toBe(true);
  });

  test("a run that was cancelled is resumed while old attempts still run; what these bring is too late", async () => {
    const shop = open();
    const gates = new Gates();
    let attempts = 0;
    const stubborn = shop.app.task("stubborn", async () => {
      attempts += 1;
      const attempt = attempts;
      if (attempt === 1) await gates.pass("first");
      return attempt;
    });
    await shop.work();
    const { id } = await chain(stubborn.s(), shop.tasks.same.s()).delay();
    await until("it runs", () => attempts === 1);
    await shop.app.runs.cancel(id);
    const two = await Promise.allSettled([shop.app.runs.resume(id), shop.app.runs.resume(id)]);
    // Of two at once one resumes it; the other finds that it goes on.
    expect(two.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const one of two) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(RunNotEndedError);
    expect(await settled(shop, id)).toBe(2);
    gates.open("first");
    await shop.tasks.give.delay(1).get();
    expect(await settled(shop, id)).toBe(2);
    expect(await shop.app.runs.find(id)).toMatchObject({ state: "SUCCESS", resumes: 1 });
  });

  test("a run that is paused stays so while its worker is replaced, and goes on when it is continued", async () => {
    const shop = open();
    const { ran, note } = defineNoting(shop);
    const gates = new Gates();
    const wait = shop.app.task("wait", async () => {
      ran.push("wait");
      await gates.pass("open");
      return 0;
    });
    const first = await shop.work();
    const { id } = await chain(wait.s(), note.s("a"), group([note.s("b"), note.s("b")])).delay();
    await until("it runs", () => ran.length === 1);
    expect(await shop.app.runs.pause(id)).toMatchObject({ state: "PAUSED" });
    expect(await shop.app.runs.list({ state: "PAUSED" })).toMatchObject({ runs: [{ resultId: id }] });
    gates.open("open");
    const runs = shop.app.runs;
    const states = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { state } of (await runs.inspect(id)).nodes()) found.push(state);
      return found;
    };
    await until("what ran has ended", async () => (await states())[0] === "SUCCESS");
    // Others go on meanwhile.
    expect(await shop.tasks.give.delay(7).get({ timeout: 20 })).toBe(7);
    await first.close();
    await shop.work();
    expect(await shop.tasks.give.delay(8).get({ timeout: 20 })).toBe(8);
    expect(ran).toEqual(["wait"]);
    expect(await runs.continue(id)).toMatchObject({ state: "STARTED" });
    expect(await settled(shop, id)).toEqual([2, 2]);
    expect(await runs.continue(id)).toMatchObject({ state: "SUCCESS" });
    expect(await runs.pause(id)).toMatchObject({ state: "SUCCESS" });
  });

  test("a fork runs one task again with other arguments, and what follows; the first run stays as it is", async () => {
    const shop = open();
    const { ran, note } = defineNoting(shop);
    const { sum } = shop.tasks;
    await shop.work();
    const members = [note.s("b").set({ taskId: `${shop.place.prefix}-b` }), note.s("c")];
    const { id } = await chain(note.s(1, "a"), chord(members, sum.s()), note.s("d")).delay();
    expect(await settled(shop, id)).toBe(7);
    ran.splice(0);
    const reply = await shop.app.runs.fork(id, { from: `${shop.place.prefix}-b`, args: ["e"], name: "again" });
    expect(await settled(shop, reply.run.resultId)).toBe(7);
    expect(ran).toEqual(["e(2)", "d(6)"]);
    const first = await shop.app.runs.find(id);
    expect(reply.run).toMatchObject({ name: "again", forkOf: first.id, resumes: 0, task: "note" });
    expect(fates(reply)).toEqual([
      "0 reused: it succeeded",
      "2 again: the fork begins with it",
      "3 reused: it succeeded",
      "5 again: it follows from what the fork begins with",
      "6 again: it follows from what the fork begins with",
    ]);
    expect(await shop.app.runs.find("again")).toMatchObject({ state: "SUCCESS" });
    expect(await settled(shop, id)).toBe(7);
    // A fork of a fork, from its beginning.
    const second = await shop.app.runs.fork("again", { from: 0, args: [10, "a"] });
    expect(await settled(shop, second.run.resultId)).toBe(25);
  });

  test("a fork is refused whose arguments do not fit, and nothing is begun", async () => {
    const shop = open();
    const { add } = shop.tasks;
    const shout = shop.app.task(
      { name: "shout", params: ["text"], schema: z.object({ text: z.string() }) },
      (text: string) => text.toUpperCase(),
    );
    await shop.work();
    const sum = await chain(add.s(1, 2), add.s(3)).delay();
    const loud = await shout.delay("a");
    await Promise.all([sum.get(), loud.get()]);
    const inFront = "; what comes from before stands in front of `args`";
    const wrong: readonly (readonly [id: string, from: number, given: object, message: string])[] = [
      [sum.id, 0, { args: [1] }, 'task "add" takes (x, y); `y` is missing'],
      [sum.id, 0, { args: [1, 2, 3] }, 'task "add" takes 2 arguments: (x, y); got 3'],
      [
        sum.id,
        0,
        { args: [1], kwargs: { z: 1 } },
        'task "add" has no parameter `z`; did you mean `x`?; it takes (x, y)',
      ],
      [sum.id, 1, { args: [1, 2] }, `task "add" takes 2 arguments: (x, y); got 3${inFront}`],
      [sum.id, 1, { args: [] }, `task "add" takes (x, y); \`y\` is missing${inFront}`],
      [loud.id, 0, { args: [1] }, 'task "shout": `text`: Invalid input: expected string, received number'],
    ];
    const messages: unknown[] = [];
    for (const [id, from, given] of wrong) {
      const error: unknown = await shop.app.runs.fork(id, { from, ...given }).catch((thrown: unknown) => thrown);
      messages.push(error instanceof TypeError ? error.message : error);
    }
    expect(messages).toEqual(wrong.map(([, , , message]) => message));
    // The call before it was sent compressed; what is given is sent as calls are, and nothing of what was is left.
    const packed = await add.applyAsync([1, 2], { compression: "gzip" });
    await packed.get();
    const again = await shop.app.runs.fork(packed.id, { from: 0, args: [10, 20] });
    expect(await settled(shop, again.run.resultId)).toBe(30);
    expect((await shop.app.runs.list({})).runs.length).toBe(4);
  });

  test("cannot be resumed or forked while they go on, nor when they are gone, nor from what is no task of theirs", async () => {
    const shop = open();
    const gates = new Gates();
    const wait = shop.app.task("wait", () => gates.pass("open"));
    const { give } = shop.tasks;
    await shop.work();
    const going = await wait.delay();
    const { readableId } = await shop.app.runs.find(going.id);
    const goesOn = `run ${readableId} (${going.id}) goes on, so it cannot be`;
    await expect(shop.app.runs.resume(going.id)).rejects.toThrow(
      new RunNotEndedError(`${goesOn} resumed; wait until it has ended, or cancel it`),
    );
    await expect(shop.app.runs.fork(going.id, { from: 0 })).rejects.toThrow(
      new RunNotEndedError(`${goesOn} forked; wait until it has ended, or cancel it`),
    );
    gates.open("open");
    await going.get();
    await expect(shop.app.runs.fork(going.id, { from: "x" })).rejects.toThrow(
      new UnknownTaskIdError(`run ${readableId} has no task "x"; its tasks are ${going.id}`),
    );
    await expect(shop.app.runs.fork(going.id, { from: 9 })).rejects.toThrow(UnknownTaskIdError);
    await expect(shop.app.runs.fork(going.id, { from: -1 })).rejects.toThrow(
      new OptionError("option `from` of runs.fork must be a task's id or its index; got -1"),
    );
    await expect(shop.app.runs.fork(going.id, { from: 0, args: 7 } as never)).rejects.toThrow(
      new OptionError("option `args` of runs.fork must be a list; got 7"),
    );
    await expect(shop.app.runs.fork(going.id, { form: 0 } as never)).rejects.toThrow(
      new OptionError("unknown option `form` of runs.fork; did you mean `from`?"),
    );
    const both = await group([give.s(1), give.s(2)]).delay();
    await both.get();
    await expect(shop.app.runs.fork(both.id, { from: both.id })).rejects.toThrow(
      /^a fork begins with a task, and .* is a group/,
    );
    await both.forget();
    await expect(shop.app.runs.fork(both.id, { from: 1 })).rejects.toThrow(RunExpiredError);
    await expect(shop.app.runs.resume(both.id)).rejects.toThrow(RunExpiredError);
  });
});

test("what somebody began to resume who was lost the janitor resumes; a fork that was never whole it deletes", async () => {
  const clock = new VirtualClock(Date.now(), false);
  const broker = new MemoryBroker({ clock });
  const shop = new Shop({ openBroker: async () => broker });
  const { ran, broken, note } = defineNoting(shop);
  try {
    await shop.work();
    broken.add("b");
    const { id } = await chain(note.s(1, "a"), note.s("b")).delay();
    await clock.advance(1000);
    broken.clear();
    const { store, activeRuns } = await shop.engine.runtime();
    const { runKey } = parseNodeId(id) ?? {};
    const stored = runKey === undefined ? undefined : await store.describe(runKey);
    if (runKey === undefined || stored === undefined) throw new Error("it has just ended");
    await activeRuns.add(runKey);
    expect(await store.reopen(runKey, { resumer: "lost", takeOverMs: 60_000, epoch: 0 })).toBe("reopened");
    await store.reset(runKey, "lost", { again: [1], unreplaced: [], joins: [], adopted: [] });
    const forkKey = newRunKey();
    await store.stageFork(forkKey, "lost");
    await store.stage(forkKey, (await store.readPage(runKey, 0)) ?? [], 0);
    await activeRuns.add(forkKey);
    const { meta } = stored;
    await store.createStaged({ runKey: forkKey, meta, starts: [], joinCount: 0, pages: { stored: 1, total: 1 } }, {});
    await clock.advance(30_000);
    expect(await shop.app.runs.find(id)).toMatchObject({ state: "STARTED" });
    expect(await store.describe(forkKey)).toBeDefined();
    await clock.advance(60_000);
    expect(await shop.app.runs.find(id)).toMatchObject({ state: "SUCCESS", resumes: 1 });
    expect(ran).toEqual(["a(1)", "b(2)", "b(2)"]);
    expect(await store.describe(forkKey)).toBeUndefined();
  } finally {
    await shop.close();
  }
});
