/**
 * The cases, in the order of the table. One file of `cases/` tells one: what is timed on our side and must come out, how
 * often it is done, and what a user would write instead. Each has
 * - `comparisons`: each with `n`, `quick` (its n under `--quick`), `concurrency` (50 unless said) and `peers`
 * - `run(bench)`: what is timed; may give `seconds`, `figures` and `held`, what Redis holds, of its own. `prepare(bench)` comes before it
 * - `worker`: "here", in the client's process, unless it says "process" or "none"
 * - `repetitions`: fewer than usual, because it takes long or does not vary
 * - `counts`: which of `time`, `cpu` and `bytes` mean nothing here
 * - `isWatched`: Redis is looked at meanwhile
 */
import { chain } from "./cases/chain.mjs";
import { chord } from "./cases/chord.mjs";
import { compile } from "./cases/compile.mjs";
import { fairness } from "./cases/fairness.mjs";
import { group } from "./cases/group.mjs";
import { latency } from "./cases/latency.mjs";
import { mapReduce } from "./cases/map-reduce.mjs";
import { memoryDone, memoryRunning, memoryWaiting } from "./cases/memory.mjs";
import { million } from "./cases/million.mjs";
import { nested } from "./cases/nested.mjs";
import { scaling } from "./cases/scaling.mjs";
import { async5ms, async50ms, mixed } from "./cases/sleeps.mjs";
import { submit100k } from "./cases/submit.mjs";

export const cases = [
  group,
  chord,
  chain,
  mapReduce,
  nested,
  mixed,
  async5ms,
  async50ms,
  latency,
  fairness,
  submit100k,
  memoryWaiting,
  memoryRunning,
  memoryDone,
  million,
  compile,
  scaling,
];

/** The cases of a name: `memory` means all of its kind. */
export function casesOf(name) {
  return cases.filter((subject) => subject.name === name || subject.name.startsWith(`${name}-`));
}
