/** How long a case may take: its own sleeps, countdowns and retry delays, one after another, and 20 s. */
import { retryDelay } from "../tasks/canvas-tasks.ts";
import type { ConformanceCase } from "./case.ts";
import { type CelerySignature, signaturesIn } from "./celery-canvas.ts";

/** Far more than any needs: a machine that stands still for seconds is no engine that hangs. */
const ALLOWANCE_MS = 20_000;

/** Gives the time limit of a case. @param now epoch milliseconds, for canvases with an `eta` */
export function timeLimitMs(testCase: ConformanceCase, now = Date.now()): number {
  const seconds = signaturesIn(testCase.canvas).reduce((sum, signature) => sum + ownSeconds(signature, now), 0);
  return ALLOWANCE_MS + Math.ceil(seconds * 1000);
}

function ownSeconds({ task, args, kwargs, options }: CelerySignature, now: number): number {
  const countdown = typeof options.countdown === "number" ? options.countdown : 0;
  const eta = typeof options.eta === "string" ? Math.max(0, (Date.parse(options.eta) - now) / 1000) || 0 : 0;
  return countdown + eta + taskSeconds(task, args, kwargs);
}

function taskSeconds(task: string, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): number {
  switch (task) {
    case "sleep_then":
      return asSeconds(kwargs.seconds ?? args.at(-1));
    case "retry_once":
    case "retry_fail":
      return retryDelay;
    case "celery.starmap":
    case "celery.chunks":
      // Whatever is mapped, its own signature counts once; only a mapped sleep has its seconds in the items.
      return sumOfSleeps(kwargs);
    default:
      return 0;
  }
}

function sumOfSleeps({ task, it }: Readonly<Record<string, unknown>>): number {
  const isSleep = signaturesIn(task).some((signature) => signature.task === "sleep_then");
  if (!isSleep || !Array.isArray(it)) return 0;
  return it.reduce<number>((sum, item: unknown) => sum + (Array.isArray(item) ? asSeconds(item.at(-1)) : 0), 0);
}

function asSeconds(value: unknown): number {
  return typeof value === "number" && value > 0 ? value : 0;
}
