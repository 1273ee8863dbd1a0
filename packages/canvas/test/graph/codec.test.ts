import { expect, test } from "@jest/globals";
import { InvalidSignatureError } from "@umbel/core";
import fc from "fast-check";
import { decodeMeta, decodePage, encodeMeta, encodePages } from "../../src/graph/codec.ts";
import { GRAPH_VERSION, type GraphNode, PAGE_SIZE } from "../../src/graph/graph.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";

const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** What a compiled task may carry beside its place. */
const carried = fc.record(
  {
    args: fc.array(json, { maxLength: 2 }),
    kwargs: fc.dictionary(fc.constantFrom("x", "y"), json, { noNullPrototype: true }),
    options: fc.record(
      { queue: fc.string({ minLength: 1 }), priority: fc.nat(9) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    mode: fc.constantFrom("map" as const, "starmap" as const, "each" as const),
    each: fc.record(
      {
        member: anyCanvas(),
        limit: fc.integer({ min: 1 }),
        under: fc.record({ queue: fc.string() }, { noNullPrototype: true }),
      },
      { requiredKeys: ["member"], noNullPrototype: true },
    ),
    ownId: fc.string({ minLength: 1 }),
    takesError: fc.constant(true as const),
    group: fc.nat(),
    parent: fc.nat(),
  },
  { requiredKeys: ["args", "kwargs", "options"], noNullPrototype: true },
);

const anyNodes = fc
  .tuple(fc.array(anyCanvas(true), { minLength: 1, maxLength: 20 }), fc.array(carried, { minLength: 1, maxLength: 8 }))
  .map(([canvases, extras]): GraphNode[] => {
    const { nodes } = compileAny({ kind: "group", members: canvases });
    return nodes.map((node, index) => (node.kind === "task" ? { ...node, ...extras[index % extras.length] } : node));
  });

test("nodes come back from their pages as they were", () => {
  fc.assert(
    fc.property(anyNodes, fc.nat(3), (nodes, firstPage) => {
      // Indices that a node holds are relative to its own, so pages may stand anywhere.
      const base = firstPage * PAGE_SIZE;
      const moved = nodes.map((node) => (node.kind === "spread" ? node : { ...node, deadEnd: node.deadEnd + base }));
      const pages = [...encodePages(moved, base)];
      expect(pages.length).toBe(Math.ceil(nodes.length / PAGE_SIZE));
      expect(pages.flatMap((text, page) => decodePage(text, firstPage + page))).toEqual(moved);
    }),
    { numRuns: 60 },
  );
});

test("what is known of a run as a whole comes back, and a newer form is refused", () => {
  const graph = compileAny({
    kind: "chain",
    steps: [
      { kind: "task", task: "a", options: { taskId: "first" } },
      { kind: "task", task: "b", options: { taskId: "last" } },
    ],
  });
  const text = encodeMeta(graph);
  expect(decodeMeta(text)).toEqual({
    version: GRAPH_VERSION,
    nodeCount: 2,
    result: 1,
    root: 0,
    rootId: "first",
    aliases: ["first", "last"],
  });
  const newer = JSON.stringify({ ...decodeMeta(text), version: GRAPH_VERSION + 1 });
  expect(() => decodeMeta(newer)).toThrow(InvalidSignatureError);
  expect(() => decodeMeta(newer)).toThrow(/stored by a newer version of umbel .*; update this worker/);
  const older = JSON.stringify({ ...decodeMeta(text), version: GRAPH_VERSION - 1 });
  expect(() => decodeMeta(older)).toThrow(/stored by an older version of umbel .*; workers of that version can end it/);
});

test("a group of equal members costs few bytes a member", () => {
  const members = Array.from({ length: 10_000 }, (_, index) => ({ kind: "task" as const, task: "t", args: [index] }));
  const bytes = [...encodePages(compileAny({ kind: "group", members }).nodes)].join("").length;
  expect(bytes / 10_000).toBeLessThan(60);
});
