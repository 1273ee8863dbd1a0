/**
 * What must compile and what must not, checked by `tsc -b`; nothing here runs. A case that must not compile stands
 * behind `@ts-expect-error`, which is an error itself when the line compiles.
 */

import {
  type AnySignature,
  type AnyTask,
  App,
  type AsyncResult,
  type BoundTask,
  type GroupResult,
  registerSerializer,
  type Signature,
  type Submission,
  Task,
} from "@umbel/core";
import * as z from "zod";
import { chain, chord, each, group } from "../src/index.ts";

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Takes a value whose type is exactly `Expected`. */
declare function exactly<Expected>(): <Given>(
  value: Given & (Equal<Given, Expected> extends true ? unknown : never),
) => void;
/** Takes what awaiting `get()` gives, exactly. */
declare function gives<Expected>(): <Given>(
  sent: { get(): Promise<Given> } & (Equal<Given, Expected> extends true ? unknown : never),
) => void;

const app = new App();
const add = app.task("add", (x: number, y: number) => x + y);
const mixed = app.task("mixed", (a: number, b: boolean) => `${a}${b}`);
const text = app.task("text", (x: number) => String(x));
const size = app.task("size", (x: string) => x.length);
const load = app.task("load", async (id: number) => ({ id }));
const opt = app.task("opt", (x: number, y?: string) => `${x}${y}`);
const opt2 = app.task("opt2", (x: number, y?: number, z?: number) => x + (y ?? 0) + (z ?? 0));
const rest = app.task("rest", (...xs: number[]) => xs);
const headRest = app.task("headRest", (s: string, ...xs: number[]) => `${s}${xs}`);
const log = app.task("log", (line: string): void => void line);
const ping = app.task("ping", () => "pong");
const sum = app.task("sum", (xs: readonly number[]) => xs.length);
const pair = app.task("pair", (both: readonly [number, string]) => both[1]);
const wide = app.task("wide", (x: number | string) => x);
const either = app.task("either", (x: number): number | string => x);
const anything = app.task("anything", (x: unknown) => x);
// biome-ignore lint/suspicious/noExplicitAny: a task that gives `any` is what is tested
const untyped = app.task("untyped", (x: number): any => x);
const nothing = app.task("nothing", (x: number): null => (x > 0 ? null : null));
const never = app.task("never", (x: number): never => {
  throw new Error(String(x));
});
const identity = <T>(x: T): T => x;
const ident = app.task("ident", identity);
declare const condition: boolean;

export function signatures(): void {
  exactly<Signature<[x: number, y: number], number>>()(add.s());
  exactly<Signature<[x: number], number>>()(add.s(1));
  exactly<Signature<[], number>>()(add.s(1, 2));
  mixed.s(true);
  mixed.s(1, true);
  // @ts-expect-error the last parameter is filled first
  mixed.s("a");
  // @ts-expect-error
  add.s("1");
  // @ts-expect-error
  add.s(1, 2, 3);
}

export function calls(): void {
  exactly<number>()(add(2, 2));
  exactly<Promise<{ id: number }>>()(load(1));
  exactly<Submission<AsyncResult<number>>>()(add.delay(1, 2));
  gives<number>()(add.s(1).delay(2));
  gives<{ id: number }>()(load.delay(1));
  exactly<Promise<AsyncResult<number>>>()(add.apply([1, 2]));
  exactly<Promise<AsyncResult<number>>>()(add.s(1).apply([2]));
  exactly<Promise<GroupResult<[number, { id: number }]>>>()(group(add.s(1), load.s()).apply([2]));
  // @ts-expect-error
  add(2);
  // @ts-expect-error
  add.delay(1);
  // @ts-expect-error
  add.s(1).delay();
  // @ts-expect-error
  add.s(1).delay("x");
  // @ts-expect-error
  add.s(1, 2).delay(3);
}

export function optionalAndRest(): void {
  opt.s("a").delay(1);
  opt.s(1).delay();
  opt2.s(1).delay();
  opt2.s(1).delay(2);
  opt2.s(1).delay(2, 3);
  rest.s(1).delay(2, 3);
  headRest.s(1).delay("a", 2);
  headRest.s("a", 1).delay();
  // @ts-expect-error
  opt2.s(1).delay(2, 3, 4);
  // @ts-expect-error
  opt.s(true);
  // @ts-expect-error
  rest.s(1, "2");
  // @ts-expect-error
  headRest.s(1).delay();
}

export function immutableSignatures(): void {
  add.si(1, 2).delay();
  chain(text.s(1), add.si(1, 2));
  add.s(1, 2).immutable().delay();
  // @ts-expect-error all of its arguments are wanted
  add.si(1);
}

export function members(): void {
  exactly<Signature<[items: readonly number[]], number[]>>()(each(add.s(1), { limit: 5 }));
  gives<string[]>()(each(text.s()).delay([1, 2]));
  gives<[number, number][]>()(each(chain(text.s(), group(size.s(), size.s()))).delay([1]));
  gives<[number, string][]>()(each(group(add.s(1), text.s())).delay([1]));
  gives<number>()(chain(rest.s(1, 2), each(add.s(1)), sum.s()).delay());
  gives<number[]>()(each(add.si(1, 2)).delay(["whatever"]));
  // @ts-expect-error two are missing
  each(add.s());
  // @ts-expect-error none is missing
  each(add.s(1, 2));
  // @ts-expect-error
  chain(text.s(1), each(add.s(1)));
  // @ts-expect-error
  each(text.s()).delay(["1"]);
}

export function boundTasks(): void {
  const bound = app.task({ name: "bound", bind: true }, function (self, x: number) {
    exactly<BoundTask>()(self);
    exactly<BoundTask>()(this);
    return self.request.id.length + x;
  });
  const arrow = app.task({ name: "arrow", bind: true }, async (self, x: number) => self.name.length + x);
  exactly<number>()(bound(1));
  gives<number>()(bound.delay(1));
  gives<number>()(arrow.delay(1));
  // @ts-expect-error the caller does not pass it
  bound.delay({} as BoundTask, 1);
  app.task({ name: "wrong", bind: true }, (self) => {
    // @ts-expect-error
    void self.nonsense;
  });
  // @ts-expect-error a parameter without a type is `unknown`
  app.task("untyped", (x) => void x.length);
}

export function chains(): void {
  exactly<Signature<[x: number], number>>()(chain(text.s(), size.s()));
  gives<number>()(chain(add.s(1, 2), text.s(), size.s()).delay());
  gives<string>()(chain(add.s(1), add.s(2), add.s(3), text.s()).delay(1));
  gives<number>()(chain(chain(add.s(1), text.s()), chain(size.s(), add.s(1))).delay(2));
  gives<number>()(add.s(1, 2).pipe(text.s()).pipe(size.s()).delay());
  chain(condition ? add.s(1) : text.s(), anything.s());
  chain(text.s(1), condition ? size.s() : wide.s());
  // @ts-expect-error a number into text
  chain(add.s(1, 2), size.s());
  // @ts-expect-error the third step
  chain(add.s(1, 2), text.s(), text.s());
  // @ts-expect-error two arguments are missing
  chain(add.s(1, 2), add.s());
  // @ts-expect-error none is missing
  chain(add.s(1, 2), add.s(1, 2));
  // @ts-expect-error only one branch fits
  chain(add.s(1, 2), condition ? text.s() : size.s());
  // @ts-expect-error only one branch fits
  chain(condition ? add.s(1, 2) : text.s(1), add.s(1));
  // @ts-expect-error a task is no signature
  chain(add.s(1, 2), text);
  // @ts-expect-error
  add.s(1, 2).pipe(size.s());
  // @ts-expect-error
  chain(add.s(1), text.s()).delay();
}

export function passedOn(): void {
  chain(add.s(1, 2), wide.s());
  chain(untyped.s(1), size.s());
  chain(never.s(1), size.s());
  chain(add.s(1, 2), anything.s());
  chain(log.s("a"), ping.si());
  gives<string>()(chain(anything.s(1), text.s(1).immutable()).delay());
  chain(anything.s(1).as<number>(), text.s());
  // @ts-expect-error a union into one of its members
  chain(either.s(1), add.s(1));
  // @ts-expect-error
  chain(nothing.s(1), add.s(1));
  // @ts-expect-error
  chain(log.s("a"), add.s(1));
  // @ts-expect-error
  chain(anything.s(1), add.s(1));
}

export function groups(): void {
  gives<[number, string]>()(group(add.s(1, 2), text.s(1)).delay());
  exactly<Submission<GroupResult<[number, string]>>>()(group([add.s(1, 2), text.s(1)] as const).delay());
  gives<number[]>()(group([1, 2].map((x) => add.s(x, x))).delay());
  gives<number[]>()(group(new Set([add.s(1, 1)])).delay());
  gives<(number | string)[]>()(group([1].flatMap((x) => [add.s(x, x), text.s(x)])).delay());
  gives<[number, number, string]>()(group(add.s(1, 1), group(add.s(1, 1), text.s(1))).delay());
  gives<[number, [number, string]]>()(group(add.s(1, 1), chain(add.s(1, 1), group(add.s(1), text.s()))).delay());
  gives<[number, string]>()(group(add.s(1), text.s()).delay(5));
  gives<[number, number]>()(group(add.s(1), add.si(1, 2)).delay(5));
  // @ts-expect-error an argument is missing
  group(add.s(1), text.s()).delay();
  // @ts-expect-error the members want different arguments
  chain(add.s(1, 2), group(text.s(), size.s()));
  // @ts-expect-error a member cannot take it
  chain(text.s(1), group(add.s(1), add.s(2)));
}

export async function groupResults(): Promise<void> {
  const handle = await group(add.s(1, 2), text.s(1)).delay();
  exactly<readonly [AsyncResult<number>, AsyncResult<string>]>()(await handle.results());
  exactly<[number, string]>()(await handle.join());
  for await (const pair of handle) exactly<readonly [place: number, value: number | string]>()(pair);
  const [one, other] = [await add.delay(1, 2), await group(text.s(1)).delay()];
  const made = app.groupResult([one, other]);
  exactly<[number, [string]]>()(await made.get());
  exactly<number[]>()(await app.groupResult([one].filter(Boolean)).get());
  exactly<number[]>()(await app.groupResult<number[]>("id").get());
  exactly<GroupResult<number[]> | undefined>()(await app.restoreGroup<number[]>("id"));
  exactly<AsyncResult<string>>()(app.resultFromTuple<string>(await handle.asTuple()));
  exactly<number | Error | undefined>()(await one.result());
  const wider: GroupResult<readonly unknown[]> = handle;
  // @ts-expect-error it gives less
  const narrower: GroupResult<[number, number]> = handle;
  // @ts-expect-error a call is no result before it is stored
  app.groupResult([add.delay(1, 2)]);
  return void [wider, narrower];
}

export function chords(): void {
  gives<string>()(chord([add.s(1, 1), text.s(1)], pair.s()).delay());
  gives<number>()(
    chord(
      [1, 2].map((x) => add.s(x, x)),
      sum.s(),
    ).delay(),
  );
  gives<[number, number]>()(chord([add.s(1, 1)], group(sum.s(), sum.s())).delay());
  gives<string>()(chord([add.s(1, 1)], ping.si()).delay());
  gives<string>()(chain(group(add.s(1, 1), text.s(1)), pair.s()).delay());
  gives<[number, number]>()(chain(group(add.s(1, 1), add.s(2, 2)), group(sum.s(), sum.s())).delay());
  gives<number>()(group(add.s(1, 1)).pipe(sum.s()).delay());
  gives<number>()(chord([add.s(1), add.s(2)], sum.s()).delay(1));
  // @ts-expect-error the body takes one number, not the list
  chord([add.s(1, 1)], add.s(1));
  // @ts-expect-error a list of the wrong kind
  chord([text.s(1)], sum.s());
  // @ts-expect-error an argument is missing
  chord([add.s(1)], sum.s()).delay();
  // @ts-expect-error a group gives a list, of one too
  chain(group(add.s(1, 1)), add.s(1));
  // @ts-expect-error
  group(add.s(1, 1)).pipe(add.s(1));
}

export function mapped(): void {
  gives<string[]>()(text.map([1, 2]).delay());
  gives<number[]>()(add.starmap([[1, 2]]).delay());
  gives<number[][]>()(add.chunks([[1, 2]], 2).delay());
  gives<number[][]>()(
    add
      .chunks([[1, 2]], 2)
      .group()
      .skew({ start: 0 })
      .delay(),
  );
  gives<number[]>()(chain(text.s(1), add.starmap([[1, 2]])).delay());
  // @ts-expect-error
  text.map(["a"]);
  // @ts-expect-error one item is one argument
  add.map([1]);
  // @ts-expect-error
  add.starmap([[1]]);
}

export function collections(): unknown {
  const all: AnySignature[] = [add.s(), text.s(1), group(add.s(1, 1)), chain(add.s(1, 2), text.s())];
  // biome-ignore lint/suspicious/noExplicitAny: what holds signatures of every type is what is tested
  const ones: Signature<any, any>[] = [add.s(), text.s(1)];
  const registry: AnyTask[] = [add, text, rest, ping];
  const wider: AnySignature<[x: number], unknown> = wide.s();
  const narrower: Signature<[number], number | string> = add.s(1);
  chain(...all);
  // @ts-expect-error it takes less
  const lessIn: Signature<[number | string], number> = add.s(1);
  // @ts-expect-error it gives more
  const moreOut: Signature<[number], number> = either.s();
  // @ts-expect-error a group has no single result
  const single: Signature<[], readonly number[]> = group(add.s(1, 1));
  return [ones, registry, wider, narrower, lessIn, moreOut, single];
}

export function generics(): void {
  ident.s();
  chain(add.s(1, 2), ident.s());
  gives<number>()(chain(add.s(1, 2), app.task("idn", identity<number>).s(), text.s(), size.s()).delay());
  // @ts-expect-error the link from argument to result is lost
  chain(ident.s(1), add.s(1));
}

export function schemas(): void {
  const schema = z.object({ item: z.string(), count: z.coerce.number() });
  const order = app.task({ name: "order", params: ["item", "count"], schema, result: z.string() }, (item, count) => {
    exactly<string>()(item);
    exactly<number>()(count);
    return item;
  });
  gives<string>()(order.delay("tea", 2));
  order.delay("tea", "2");
  chain(text.s(1), order.s(2));
  // @ts-expect-error the schema takes text
  order.delay(1, 2);
  // @ts-expect-error
  order.delay("tea");
}

export function classes(): void {
  class Repeat extends Task {
    times = 0;
    override run(word: string, times: number): string {
      return word.repeat(times);
    }
  }
  const repeat = app.registerTask(Repeat);
  exactly<number>()(repeat.times);
  gives<string>()(repeat.delay("a", 2));
  gives<string>()(chain(text.s(1), repeat.s(2)).delay());
  // @ts-expect-error
  repeat.delay(2, "a");
  app.task({ name: "based", base: Repeat, bind: true }, (self, x: number) => {
    exactly<number>()(self.times);
    return self.request.id + x;
  });
  // @ts-expect-error a class that is no task's
  app.registerTask(class {});
  // @ts-expect-error no such option
  app.registerTask(Repeat, { nam: "repeat" });
  // @ts-expect-error no such setting
  app.conf.update({ timezon: "UTC" });
}

export function serializers(): void {
  add.applyAsync([1, 2], { serializer: "msgpack", compression: "brotli" });
  app.task({ name: "packed", serializer: "msgpack", compression: "gzip" }, () => 1);
  app.conf.update({ taskSerializer: "msgpack", taskCompression: "deflate", acceptContent: ["msgpack"] });
  registerSerializer("mine", { contentType: "a/b", encode: (value) => String(value), decode: String });
  // @ts-expect-error Node 20 has none
  add.applyAsync([1, 2], { compression: "zstd" });
  // @ts-expect-error the same of a task
  app.task({ name: "pressed", compression: "zip" }, () => 1);
  // @ts-expect-error a list
  app.conf.update({ acceptContent: "json" });
  // @ts-expect-error neither text nor bytes
  registerSerializer("mine", { contentType: "a/b", encode: (value) => value, decode: String });
  add.applyAsync([1, 2], { producer: app.producer({ retry: false }) });
  // @ts-expect-error of signatures it is no option: a signature is data
  add.s(1, 2).set({ producer: app.producer() });
  // @ts-expect-error no such option
  app.producer({ retries: 1 });
  gives<number>()(add.applyAsync([1, 2], { deduplication: { key: "a", window: "1m" } }));
  // @ts-expect-error the names are others than BullMQ's
  add.applyAsync([1, 2], { deduplication: { id: "a", ttl: 1 } });
  // @ts-expect-error no window
  add.applyAsync([1, 2], { deduplication: { key: "a" } });
  gives<number>()(add.s(1, 2).stamp({ region: "eu", appendStamps: true }).delay());
  chain(add.s(1, 2), text.s().stamp({ region: 1 }));
  // @ts-expect-error no visitor
  add.s(1, 2).stamp({ visitor: {} });
}

export function lengthsOfTime(): void {
  app.task({ name: "short", timeLimitMs: 1, softTimeLimit: "1ms", defaultRetryDelay: "10s" }, () => 1);
  app.task({ name: "again", bind: true }, (self) => self.retry({ countdownMs: 5 }));
  // @ts-expect-error milliseconds are a number
  app.task({ name: "long", timeLimitMs: "1s" }, () => 1);
  // @ts-expect-error errors are always kept
  app.task({ name: "kept", storeErrorsEvenIfIgnored: false }, () => 1);
}
