/** What of `umbel` alone must compile and what must not, checked by `tsc -b`; nothing here runs. */
import { App, type RunLogLine } from "../src/index.ts";

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Takes a value whose type is exactly `Expected`. */
declare function exactly<Expected>(): <Given>(
  value: Given & (Equal<Given, Expected> extends true ? unknown : never),
) => void;

export async function application(): Promise<void> {
  const app = new App("shop", { broker: "memory:", backend: "disabled", workerPool: "threads", logLinesKept: 10 });
  await app.workerMain();
  await app.workerMain(["worker", "--pool", "solo"], { signal: new AbortController().signal });
  exactly<readonly RunLogLine[]>()(await app.runs.log("brisk-otter-41c7"));
  exactly<string | undefined>()(app.conf.resultBackend);
  // @ts-expect-error a list of words
  await app.workerMain("worker");
  // @ts-expect-error `disabled`, or a URL
  new App("shop", { backend: false });
  // @ts-expect-error no such pool
  app.conf.update({ workerPool: "gevent" });
  // @ts-expect-error a number
  app.conf.update({ logLinesKept: "all" });
}
