import { expect, test } from "@jest/globals";
import { InvalidSignatureError } from "../../src/errors.ts";
import type { SignatureData } from "../../src/signature/data.ts";
import { parseSignature } from "../../src/signature/json.ts";

/** What Celery writes for a signature. */
const celery = (task: string, fields: object = {}) => ({
  task,
  args: [],
  kwargs: {},
  options: {},
  subtask_type: null,
  immutable: false,
  ...fields,
});

const a = celery("a", { args: [1] });
const ownA: SignatureData = { kind: "task", task: "a", args: [1] };

test.each<[what: string, json: object, data: SignatureData]>([
  ["a task", celery("add", { args: [1, 2] }), { kind: "task", task: "add", args: [1, 2] }],
  [
    "a task whose arguments are compressed",
    celery("add", { options: { serializer: "msgpack", compression: "zlib" } }),
    { kind: "task", task: "add", options: { serializer: "msgpack", compression: "deflate" } },
  ],
  [
    "a task with stamps",
    celery("add", { options: { region: "eu", tries: [1], stamped_headers: ["region", "tries"], queue: "q" } }),
    { kind: "task", task: "add", options: { queue: "q", stamps: { region: "eu", tries: [1] } } },
  ],
  [
    "a task with all it can have",
    celery("add", {
      args: [1],
      kwargs: { y: 2 },
      immutable: true,
      options: {
        task_id: "id",
        queue: "q",
        priority: 3,
        countdown: 1.5,
        eta: "2030-01-02T03:04:05+00:00",
        expires: 60,
        time_limit: 5,
        soft_time_limit: 4,
        ignore_result: true,
        serializer: "json",
        compression: null,
        headers: { a: 1 },
        shadow: "s",
      },
    }),
    {
      kind: "task",
      task: "add",
      args: [1],
      kwargs: { y: 2 },
      immutable: true,
      options: {
        taskId: "id",
        queue: "q",
        priority: 3,
        countdown: 1.5,
        eta: "2030-01-02T03:04:05.000Z",
        expires: 60,
        timeLimit: 5,
        softTimeLimit: 4,
        ignoreResult: true,
        serializer: "json",
        headers: { a: 1 },
        shadow: "s",
      },
    },
  ],
  [
    "a routing key",
    celery("a", { options: { routing_key: "q" } }),
    { kind: "task", task: "a", options: { queue: "q" } },
  ],
  [
    "what Celery notes for itself",
    celery("a", {
      options: { root_id: "r", parent_id: "p", group_id: "g", group_index: 0, chord: { task: "b" }, reply_to: "x" },
    }),
    { kind: "task", task: "a" },
  ],
  [
    "callbacks, one and many",
    celery("a", { options: { link: a, link_error: [a, a] } }),
    { kind: "task", task: "a", options: { link: [ownA], linkError: [ownA, ownA] } },
  ],
  [
    "a chain",
    celery("celery.chain", { args: [5], kwargs: { tasks: [a, a] }, subtask_type: "chain" }),
    { kind: "chain", steps: [ownA, ownA], args: [5] },
  ],
  [
    "a group",
    celery("celery.group", { kwargs: { tasks: [a] }, subtask_type: "group", options: { task_id: "g" } }),
    { kind: "group", members: [ownA], unroll: true, options: { taskId: "g" } },
  ],
  [
    "a chord with a list",
    celery("celery.chord", { kwargs: { header: [a], body: a, kwargs: { y: 1 } }, subtask_type: "chord" }),
    { kind: "chord", header: { kind: "group", members: [ownA] }, body: ownA, kwargs: { y: 1 } },
  ],
  [
    "a chord with a group",
    celery("celery.chord", {
      kwargs: { header: celery("celery.group", { kwargs: { tasks: [a] } }), body: a },
      subtask_type: "chord",
    }),
    { kind: "chord", header: { kind: "group", members: [ownA], unroll: true }, body: ownA },
  ],
  [
    "a chord with a header of one task",
    celery("celery.chord", { kwargs: { header: a, body: a } }),
    { kind: "chord", header: { kind: "group", members: [ownA] }, body: ownA },
  ],
  [
    "a map, which ignores what its task was given",
    celery("celery.map", { kwargs: { task: a, it: [1, 2] }, immutable: true }),
    { kind: "map", task: "a", items: [1, 2] },
  ],
  [
    "a starmap",
    celery("celery.starmap", { kwargs: { task: a, it: [[1], [2]] }, options: { queue: "q" } }),
    { kind: "starmap", task: "a", items: [[1], [2]], options: { queue: "q" } },
  ],
  [
    "chunks",
    celery("celery.chunks", { kwargs: { task: a, it: [[1], [2]], n: 2 } }),
    { kind: "chunks", task: "a", items: [[1], [2]], size: 2 },
  ],
  [
    "our own inside of Celery's",
    celery("celery.chain", { kwargs: { tasks: [a, { kind: "task", task: "own" }] } }),
    { kind: "chain", steps: [ownA, { kind: "task", task: "own" }] },
  ],
])("%s of Celery's is read", (_what, json, data) => {
  expect(parseSignature(json)).toEqual(data);
  expect(parseSignature(JSON.stringify(json))).toEqual(data);
});

test.each<[json: object, message: string]>([
  [celery(""), "`task` of a signature: must be a task's name"],
  [{ task: 5 }, "`task` of a signature: must be a task's name"],
  [celery("a", { args: {} }), "`args` of a signature: must be a list; got {}"],
  [celery("a", { kwargs: [] }), "`kwargs` of a signature: must be an object; got []"],
  [celery("a", { options: [] }), "`options` of a signature: must be an object"],
  [
    celery("a", { options: { exchange: "x" } }),
    "`options.exchange` of a signature: this option of Celery's has no counterpart here",
  ],
  [
    celery("a", { options: { priority: 10 } }),
    "`options` of a signature: option `priority` must be a whole number from 0 to 9; got 10",
  ],
  [
    celery("a", { options: { compression: "bzip2" } }),
    '`options` of a signature: option `compression` must be one of "gzip", "brotli", "deflate" (Node has no bzip2); got "bzip2"',
  ],
  [celery("celery.chain"), "`kwargs.tasks` of a signature: must be a list; got undefined"],
  [
    celery("celery.chain", { kwargs: { tasks: [a, celery("celery.group", { kwargs: { tasks: [a, 5] } })] } }),
    "`kwargs.tasks[1].kwargs.tasks[1]` of a signature: a signature must be an object; got 5",
  ],
  [
    celery("celery.chord", { kwargs: { header: [a] } }),
    "`kwargs.body` of a signature: a signature must be an object; got undefined",
  ],
  [
    celery("celery.map", { kwargs: { task: celery("celery.chain", { kwargs: { tasks: [] } }), it: [] } }),
    "`kwargs.task` of a signature: only a task can be mapped over items",
  ],
  [celery("celery.map", { kwargs: { task: a } }), "`kwargs.it` of a signature: must be a list; got undefined"],
  [
    celery("celery.chunks", { kwargs: { task: a, it: [], n: 0 } }),
    "`kwargs.n` of a signature: must be a whole number of at least 1; got 0",
  ],
  [
    celery("a", { options: { link: [a, {}] } }),
    "`options.link[1].kind` of a signature: must be one of task, chain, group, chord, map, starmap, chunks, each; got undefined",
  ],
])("%j is refused: %s", (json, message) => {
  expect(() => parseSignature(json)).toThrow(new InvalidSignatureError(message));
});
