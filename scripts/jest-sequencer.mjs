/**
 * The order of the test files. One rule: what takes long begins first, so that no core waits for the other at the end;
 * Jest knows only how large a file is where it has not run it before.
 */
import { sep } from "node:path";
import jestSequencer from "@jest/test-sequencer";

/** Those that take six seconds and more, the longest first. */
const LONG = [
  "testing/test/docs.test.ts",
  "umbel/test/cli/verbs.test.ts",
  "canvas/test/scale/scripts.test.ts",
  "canvas/test/crash/crash.test.ts",
  "canvas/test/scale/scale.test.ts",
  "canvas/test/store/stores.test.ts",
  "canvas/test/properties/agreement.test.ts",
  "umbel/test/app/pool.test.ts",
  "canvas/test/cluster/cluster.test.ts",
  "umbel/test/broker/embedded/embedded-redis.test.ts",
  "testing/test/celery-notes.test.ts",
  "testing/test/example-flows.test.ts",
  "testing/test/conformance-command.test.ts",
  "testing/test/cluster.test.ts",
  "dsl/test/never-throws.test.ts",
  "dsl/test/signature-text.test.ts",
  "canvas/test/properties/revoking.test.ts",
  "canvas/test/engine/large-groups.test.ts",
  "canvas/test/properties/resuming.test.ts",
  "umbel/test/broker/install/debian.test.ts",
  "umbel/test/cli/flow.test.ts",
  "umbel/test/cli/graph.test.ts",
  "umbel/test/cli/language.test.ts",
];

const Sequencer = jestSequencer.default ?? jestSequencer;

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = new Map(tests.map((test) => [test, rankOf(test.path)]));
    // Sorting keeps the order of those that are equal.
    return [...super.sort(tests)].sort((one, other) => rank.get(one) - rank.get(other));
  }
}

function rankOf(path) {
  const name = path.split(sep).join("/");
  const rank = LONG.findIndex((long) => name.endsWith(`packages/${long}`));
  return rank === -1 ? LONG.length : rank;
}
