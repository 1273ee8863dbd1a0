/**
 * The conformance task library: what the recorded canvases call, as TASKS.md describes it. One rule: what these tasks
 * do is fixed by Celery's answers; a canvas that comes out wrong is never mended here.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { App } from "@umbel/core";
import { add, mul, sub, tsum, xsum } from "./arithmetic.ts";
import { defineCanvasTasks } from "./canvas-tasks.ts";
import { pythonJson, ValueError } from "./python.ts";
import type { Records } from "./records.ts";

/** Defines all tasks of the library in an app; what `record` and the errbacks write goes to `records`. */
export function defineConformanceTasks(app: App, records: Records): void {
  definePlainTasks(app);
  defineRecordingTasks(app, records);
  defineCanvasTasks(app);
}

function definePlainTasks(app: App): void {
  app.task({ name: "add", params: ["x", "y", "z?"] }, add);
  app.task({ name: "mul", params: ["x", "y"] }, mul);
  app.task({ name: "sub", params: ["x", "y"] }, sub);
  app.task({ name: "tsum", params: ["nums"] }, tsum);
  app.task({ name: "xsum", params: ["nums"] }, xsum);
  app.task({ name: "identity", params: ["x"] }, (x: unknown) => x);
  app.task({ name: "echo", params: ["*args", "**kwargs"] }, (args: unknown[], kwargs: object) => [args, kwargs]);
  app.task({ name: "raise_error", params: ["*args", "msg?"] }, (_args: unknown[], { msg = "boom" }: WithMessage) => {
    throw new ValueError(msg);
  });
  app.task({ name: "fail_on", params: ["x", "bad"] }, (x: unknown, bad: unknown) => {
    if (isDeepStrictEqual(x, bad)) throw new ValueError(`bad value: ${pythonJson(x)}`);
    return x;
  });
  app.task({ name: "sleep_then", params: ["x", "seconds"] }, (x: unknown, seconds: number) => sleep(seconds * 1000, x));
}

/** The named argument of the tasks that fail. */
export interface WithMessage {
  readonly msg?: string;
}

interface WithKey {
  readonly key: string;
}

function defineRecordingTasks(app: App, records: Records): void {
  app.task({ name: "record", params: ["value", "*", "key"] }, async (value: unknown, { key }: WithKey) => {
    await records.append(key, value);
    return value;
  });
  app.task({ name: "record_fail", params: ["value", "*", "key"] }, async (value: unknown, { key }: WithKey) => {
    await records.append(key, value);
    throw new ValueError(`recorded ${pythonJson(value)}`);
  });
  app.task({ name: "on_err_id", params: ["uuid", "*", "key"] }, async (uuid: string, { key }: WithKey) => {
    await records.append(key, { id: uuid });
  });
  app.task(
    { name: "on_err", params: ["request", "exc", "traceback", "*", "key"] },
    async (request: FailedRequest, exc: Error, _traceback: unknown, { key }: WithKey) => {
      await records.append(key, { id: request.id, task: request.task, type: exc.name, message: exc.message });
    },
  );
}

/** What an errback with three parameters is told of the call that failed. */
interface FailedRequest {
  readonly id: string;
  readonly task: string;
}
