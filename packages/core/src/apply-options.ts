/** The options of `applyAsync` and `apply`, told apart: those of the call, and those of its sending. */
import { deduplicationOf } from "./deduplication.ts";
import type { ApplyOptions, SubmitRequest } from "./engine.ts";
import { type Producer, readProducer } from "./producer.ts";
import { publishOptionsOf } from "./retry-policy.ts";
import { nameOfRun } from "./runs.ts";

/** What is sent, and through what. */
export interface ReadCall {
  readonly request: Omit<SubmitRequest, "signature" | "members">;
  readonly producer: Producer | undefined;
}

/** Reads a call. @throws OptionError for a wrong value of what is no option of signatures */
export function readCall(args: readonly unknown[], options: ApplyOptions): ReadCall {
  const { kwargs = {}, runName, retry, retryPolicy, producer, deduplication, ...callOptions } = options;
  return {
    request: {
      args,
      kwargs,
      options: callOptions,
      ...nameOfRun(runName),
      ...deduplicationOf(deduplication),
      ...publishOptionsOf(retry, retryPolicy),
    },
    producer: readProducer(producer),
  };
}
