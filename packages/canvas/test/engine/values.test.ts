import { expect, test } from "@jest/globals";
import { App, type ContentSettings, contentSettingsOf, type RunNode } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";

const DATE = new Date(86_400_000);
const ALL = {
  at: DATE,
  big: 12n,
  map: new Map([["a", new Set([1n])]]),
  bytes: new Uint8Array([1, 2]),
  plain: { a: [1] },
};

describeOnEachBroker("C7 json: what is more than JSON has", (open) => {
  test("goes through arguments, results, steps, groups, chords, maps, each, replaced tasks and callbacks", async () => {
    const shop = open();
    await shop.work();
    const { app } = shop;
    const seen: unknown[] = [];
    const kinds = app.task("kinds", (value: unknown, named: unknown = undefined) => [
      value instanceof Date || (value as typeof ALL).at instanceof Date,
      named instanceof Map,
    ]);
    const same = app.task("keep", (value: unknown) => value);
    const note = app.task("note", (value: unknown) => {
      seen.push(value);
    });
    const later = app.task({ name: "later", bind: true }, (self, value: unknown): unknown =>
      self.replace(same.s(value)),
    );
    expect(await kinds.applyAsync([ALL], { kwargs: { named: new Map() } }).get({ timeout: 10 })).toEqual([true, true]);
    expect(await same.delay(ALL).get({ timeout: 10 })).toStrictEqual(ALL);
    expect(await chain(same.s(ALL), same.s(), same.s()).delay().get({ timeout: 10 })).toStrictEqual(ALL);
    expect(await group(same.s(DATE), same.s(1n)).delay().get({ timeout: 10 })).toStrictEqual([DATE, 1n]);
    expect(
      await chord([same.s(DATE), same.s(1n)], same.s())
        .delay()
        .get({ timeout: 10 }),
    ).toStrictEqual([DATE, 1n]);
    expect(await same.map([DATE, 2n]).delay().get({ timeout: 10 })).toStrictEqual([DATE, 2n]);
    expect(await each(same.s()).delay([DATE, ALL]).get({ timeout: 10 })).toStrictEqual([DATE, ALL]);
    const given = each(shop.tasks.echo.s({ __type__: "mine", of: DATE }));
    expect(await given.delay([1]).get({ timeout: 10 })).toStrictEqual([[1, { __type__: "mine", of: DATE }]]);
    expect(await later.delay(ALL).get({ timeout: 10 })).toStrictEqual(ALL);
    await chain(same.signature([DATE], { link: note.s() }), note.s())
      .delay()
      .get({ timeout: 10 });
    const kept = app.signature(JSON.parse(JSON.stringify(same.s(ALL))));
    expect(await kept.delay().get({ timeout: 10 })).toStrictEqual(ALL);
    expect(seen).toContainEqual(DATE);
  });

  test("is the task's own: what it changes is not seen by the next try", async () => {
    const shop = open();
    await shop.work();
    const grow = shop.app.task({ name: "grow", bind: true }, (self, map: Map<string, number>): number => {
      map.set(`try ${self.request.retries}`, 1);
      return self.request.retries === 0 ? self.retry({ countdown: 0 }) : map.size;
    });
    const map = new Map<string, number>();
    const sent = grow.delay(map);
    map.set("later", 1);
    expect(await sent.get({ timeout: 10 })).toBe(1);
  });

  test("is told with a state, and by errors", async () => {
    const shop = open();
    await shop.work();
    let goOn = (): void => undefined;
    const tell = shop.app.task({ name: "tell", bind: true }, async (self) => {
      const gate = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await self.updateState("HALF", { since: DATE });
      await gate;
    });
    const result = await tell.delay();
    for (let info: unknown; info === undefined; info = await result.info()) {
      if ((await result.state()) === "HALF") expect(await result.info()).toStrictEqual({ since: DATE });
    }
    goOn();
    await result.get({ timeout: 10 });
  });
});

const contentOf = (said: Partial<ContentSettings>): (() => ContentSettings) => {
  const settings = { ...contentSettingsOf(new App("settings", { setAsCurrent: false }).conf), ...said };
  return () => settings;
};

async function nodesOf(app: App, id: string): Promise<RunNode[]> {
  const nodes: RunNode[] = [];
  for await (const node of (await app.runs.inspect(id)).nodes({ values: true })) nodes.push(node);
  return nodes;
}

const WORDS = Array.from({ length: 400 }, (_, at) => `word ${at % 7}`);

describeOnEachBroker("C7 serializers on a worker", (open, broker) => {
  test("C7 msgpack, C8 gzip and what is JSON go through steps, groups, maps, each, replaced tasks and callbacks", async () => {
    const content = contentOf({
      taskSerializer: "msgpack",
      taskCompression: "gzip",
      resultSerializer: "msgpack",
      resultCompression: "brotli",
    });
    const shop = open({ content });
    await shop.work();
    const { app } = shop;
    const seen: unknown[] = [];
    const same = app.task("keep", (value: unknown) => value);
    const note = app.task("note", (value: unknown) => {
      seen.push(value);
    });
    const asked = app.task({ name: "asked", bind: true }, (self, _value: unknown) => [
      self.request.args,
      self.request.kwargs,
    ]);
    const later = app.task({ name: "later", bind: true }, (self, value: unknown): unknown =>
      self.replace(same.s(value)),
    );
    const whole = { ...ALL, WORDS };
    const json = { serializer: "json", compression: "deflate" } as const;
    expect(await same.delay(whole).get({ timeout: 10 })).toStrictEqual(whole);
    expect(await same.applyAsync([whole], json).get({ timeout: 10 })).toStrictEqual(whole);
    expect(await asked.applyAsync([], { kwargs: { _value: WORDS } }).get({ timeout: 10 })).toEqual([
      [],
      { _value: WORDS },
    ]);
    expect(await chain(same.s(whole), same.s(), same.s()).delay().get({ timeout: 10 })).toStrictEqual(whole);
    const mixed = group(same.s(DATE), chain(group(same.s(whole), same.s(2)), same.s()), same.signature([WORDS], json));
    expect(await chain(mixed, same.s()).delay().get({ timeout: 10 })).toStrictEqual([DATE, [whole, 2], WORDS]);
    const many = group(Array.from({ length: 300 }, (_, at) => same.s(at)));
    expect(await many.delay().get({ timeout: 10 })).toStrictEqual(Array.from({ length: 300 }, (_, at) => at));
    const streamed = group.stream(app, [same.s(DATE), same.s(WORDS)]);
    expect(await streamed.delay().get({ timeout: 10 })).toStrictEqual([DATE, WORDS]);
    expect(await same.map([DATE, WORDS]).delay().get({ timeout: 10 })).toStrictEqual([DATE, WORDS]);
    expect(await each(same.s()).delay([DATE, whole]).get({ timeout: 10 })).toStrictEqual([DATE, whole]);
    expect(await later.delay(whole).get({ timeout: 10 })).toStrictEqual(whole);
    const sent = await chain(same.signature([WORDS], { link: note.s() }), note.s()).delay();
    await sent.get({ timeout: 10 });
    const [first] = await nodesOf(app, sent.id);
    expect(first).toMatchObject({ task: "keep", args: [WORDS], value: WORDS });
    expect(seen).toContainEqual(WORDS);
  });

  test("C7 acceptContent: what a worker does not accept fails with the setting's name, and is not lost", async () => {
    const accept = { acceptContent: ["json"] as readonly string[] };
    const content = contentOf(accept);
    const client = open();
    const shop = open({ content: () => ({ ...content(), ...accept }) });
    const worker = await shop.work();
    const { tasks } = client;
    const refused = await chain(tasks.add.s(1, 2), tasks.mul.s(10)).applyAsync([], { serializer: "msgpack" });
    await expect(refused.get({ timeout: 10 })).rejects.toMatchObject({
      name: "ContentDisallowed",
      code: "CONTENT_DISALLOWED",
      message:
        'the content type application/x-msgpack ("msgpack") of the arguments of task "add" is not accepted: `acceptContent` names "json"; add it there where it is read, and resume the run: nothing of it is lost',
    });
    expect(await tasks.add.delay(1, 2).get({ timeout: 10 })).toBe(3);
    const told = new Gates();
    const heard: unknown[] = [];
    shop.app.task(
      "errback",
      (request: { readonly args: unknown }, error: { readonly name: string }, _stack: unknown) => {
        heard.push(request.args, error.name);
        told.open("errback");
      },
    );
    tasks.add.applyAsync([1, 2], { serializer: "msgpack", linkError: client.app.signature("errback") });
    await told.pass("errback");
    expect(heard).toEqual([[], "ContentDisallowed"]);
    expect((await nodesOf(shop.app, refused.id))[0]?.args).toEqual([expect.stringMatching(/^\(msgpack, /)]);
    accept.acceptContent = ["application/x-msgpack"];
    await client.app.runs.resume(refused.id);
    expect(await refused.get({ timeout: 10 })).toBe(30);
    await expect(tasks.add.delay(1, 2).get({ timeout: 10 })).rejects.toThrow(
      'the content type application/json ("json") of the arguments of task "add" is not accepted',
    );
    expect(await tasks.nothing.delay().get({ timeout: 10 })).toBeNull();
    await worker.close();
  });

  test("C7 acceptContent: a result that is not accepted is refused by who reads it, also by the next step's worker", async () => {
    const shop = open({ content: contentOf({ resultSerializer: "msgpack", resultAcceptContent: [] }) });
    await shop.work();
    const reader = open();
    const { give, mul } = shop.tasks;
    const result = await give.delay(7);
    await expect(result.get({ timeout: 10 })).rejects.toThrow(
      'the content type application/x-msgpack ("msgpack") of a result is not accepted: `resultAcceptContent` names nothing',
    );
    expect(await reader.app.asyncResult(result.id).get({ timeout: 10 })).toBe(7);
    const stepped = await chain(give.s(7), mul.s(2)).delay();
    await expect(reader.app.asyncResult(stepped.id).get({ timeout: 10 })).rejects.toThrow("`resultAcceptContent`");
    const [, second] = await nodesOf(reader.app, stepped.id);
    expect(second).toMatchObject({ task: "mul", state: "FAILURE", error: { name: "ContentDisallowed" } });
  });

  test("C7 payload limit: a call that is too large is refused before it is sent, and names the argument", async () => {
    const shop = open({ content: contentOf({ maxArgumentBytes: 1000 }) });
    const { app, tasks } = shop;
    const store = app.task("store", (_name: unknown, image: string, _more: object = {}) => image.length);
    const image = "x".repeat(2000);
    const error =
      'the arguments of task "store" have 2010 bytes, more than `maxArgumentBytes` (1000); the largest is `image`';
    expect(() => store.delay("n", image)).toThrow(error);
    expect(() => chain(tasks.give.s(1), store.si("n", image)).delay()).toThrow("the largest is `image`");
    expect(() => group(tasks.give.s(1), store.s("n", image)).delay()).toThrow(error);
    expect(() => chain(tasks.same.s("n"), store.s(image)).delay()).toThrow(
      "the largest is `image` (2002 bytes as json)",
    );
    expect(() => tasks.give.map(Array.from({ length: 1000 }, () => 12)).delay()).toThrow("the largest is `items`");
    expect(() => store.applyAsync(["n"], { kwargs: { image }, serializer: "msgpack" })).toThrow(
      "the largest is `image`",
    );
    if (broker === "memory") return;
    await shop.work();
    const grow = app.task({ name: "grow", bind: true }, (self): unknown => self.replace(store.s("n", image)));
    await expect(grow.delay().get({ timeout: 10 })).rejects.toMatchObject({ name: "ArgumentsTooLargeError" });
  });
});

describeOnEachBroker("C8 compression on a worker", (open) => {
  test("is the call's before the task's", async () => {
    const shop = open();
    const pressed = shop.app.task(
      { name: "pressed", compression: "gzip", serializer: "msgpack" },
      (_words: unknown) => 1,
    );
    const packedOf = async (...options: object[]): Promise<string> => {
      const { id } = await pressed.applyAsync([WORDS], ...options);
      const graph = await shop.engine.exportGraph(id, { format: "json" });
      return /"args":"([^"]*)"/.exec(graph)?.[1]?.replace(/\d+ bytes/, "… bytes") ?? graph;
    };
    expect(await packedOf()).toBe("msgpack, gzip, … bytes");
    expect(await packedOf({ compression: "brotli" })).toBe("msgpack, brotli, … bytes");
    expect(await packedOf({ serializer: "json" })).toBe("json, gzip, … bytes");
  });

  test("comes behind the limits: what counts is what is written before", async () => {
    const shop = open({ content: contentOf({ resultCompression: "gzip", resultSerializer: "msgpack" }) });
    await shop.work({ maxResultBytes: 3000 });
    const words = shop.app.task("words", (count: number) => "word ".repeat(count));
    expect(await words.delay(590).get({ timeout: 10 })).toBe("word ".repeat(590));
    await expect(words.delay(610).get({ timeout: 10 })).rejects.toThrow(
      'the result of task "words" has 3053 bytes, more than `maxResultBytes` (3000)',
    );
  });
});
