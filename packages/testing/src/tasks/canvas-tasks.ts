/** The tasks of the library that read their request, retry, or change the canvas they run in. */
import { type App, type BoundTask, bindSignature, parseSignature, type SignatureData } from "@umbel/core";
import type { WithMessage } from "./library.ts";
import { prependArguments } from "./prepend.ts";
import { ValueError } from "./python.ts";

/** Seconds before the second try of the tasks that retry. */
export const retryDelay = 0.1;

/** Defines the tasks that TASKS.md marks with `*`, and `replace_with`'s kin. */
export function defineCanvasTasks(app: App): void {
  app.task({ name: "ids", bind: true, params: ["x?"] }, ({ request }, x: unknown = null) => {
    const { id, rootId, parentId, group } = request;
    return { id, root: rootId, parent: parentId, group, x };
  });
  app.task({ name: "retry_once", bind: true, params: ["x"] }, (self, x: unknown) => {
    if (self.request.retries > 0) return x;
    return self.retry({ countdown: retryDelay, maxRetries: 1 });
  });
  app.task(
    { name: "retry_fail", bind: true, params: ["*args", "msg?"] },
    (self, _args: unknown[], { msg = "gave up" }: WithMessage) => {
      return self.retry({ countdown: retryDelay, maxRetries: 1, exc: new ValueError(msg) });
    },
  );
  app.task(
    { name: "replace_with", bind: true, params: ["*args", "sig"] },
    (self, args: unknown[], { sig }: { sig: unknown }) => {
      return replaceBy(self, prependArguments(parseSignature(sig), args));
    },
  );
  app.task({ name: "add_to_all", bind: true, params: ["nums", "val"] }, (self, nums: number[], val: number) => {
    return replaceBy(self, { kind: "group", members: nums.map((num) => addition(num, val)) });
  });
  app.task({ name: "build_chain", bind: true, params: ["x", "n"] }, (self, x: number, n: number) => {
    const steps = Array.from({ length: n }, (_, index) => (index === 0 ? addition(x, 1) : addition(1)));
    return replaceBy(self, { kind: "chain", steps });
  });
  app.task({ name: "build_chord", bind: true, params: ["x", "n"] }, (self, x: number, n: number) => {
    const members = Array.from({ length: n }, (_, index) => addition(x, index));
    return replaceBy(self, { kind: "chord", header: { kind: "group", members }, body: { kind: "task", task: "xsum" } });
  });
  app.task({ name: "extend_chord", bind: true, params: ["nums", "val"] }, (self, nums: number[], val: number) => {
    for (const num of nums) self.addToChord(bindSignature(addition(num, val), self.app));
    return 0;
  });
}

function addition(...args: readonly number[]): SignatureData {
  return { kind: "task", task: "add", args };
}

function replaceBy(self: BoundTask, data: SignatureData): never {
  return self.replace(bindSignature(data, self.app));
}
