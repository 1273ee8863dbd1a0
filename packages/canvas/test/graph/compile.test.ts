import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { InvalidSignatureError, newRunKey, type SignatureData, type SignatureOptions } from "@umbel/core";
import fc from "fast-check";
import { type CompileCall, compile } from "../../src/graph/compile.ts";
import { countStretches, type Graph, stretchIndices } from "../../src/graph/graph.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { printCanvas, printGraph } from "./print-graph.ts";

const task = (name: string, more: object = {}): SignatureData => ({ kind: "task", task: name, ...more });
const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => task(name)) as [
  SignatureData,
  SignatureData,
  SignatureData,
  SignatureData,
  SignatureData,
];
const chain = (...steps: SignatureData[]): SignatureData => ({ kind: "chain", steps });
const group = (...members: SignatureData[]): SignatureData & { kind: "group" } => ({ kind: "group", members });
const celery = (...members: SignatureData[]): SignatureData => ({ kind: "group", members, unroll: true });
const chord = (header: SignatureData & { kind: "group" }, body: SignatureData): SignatureData => ({
  kind: "chord",
  header,
  body,
});
const given = (data: SignatureData, options: SignatureOptions): SignatureData => ({ ...data, options });

/** What each composite means, smallest first. */
const CASES: readonly [title: string, canvas: SignatureData, call?: Partial<CompileCall>][] = [
  ["a task", task("a", { args: [1], kwargs: { y: 2 } })],
  [
    "arguments of a call come in front, those by name win",
    task("a", { args: [1], kwargs: { y: 2, z: 3 } }),
    { args: [0], kwargs: { y: 9 } },
  ],
  ["an immutable task takes none of them", task("a", { args: [1], immutable: true }), { args: [0], kwargs: { y: 9 } }],
  [
    "options of a call win",
    task("a", { options: { queue: "q", priority: 1 } }),
    { options: { queue: "fast", taskId: "own" } },
  ],
  ["a chain", chain(a, b, c)],
  ["a chain in a chain is flat", chain(a, chain(b, chain(c)))],
  ["arguments of a chain are its first step's", { ...chain(b, c), args: [2] }, { args: [1] }],
  ["an immutable step takes no result", chain(a, task("b", { immutable: true }))],
  ["a group", group(a, b)],
  ["a group of one", group(a)],
  ["an empty group", group()],
  ["a group in a group is flat", group(a, group(b, c))],
  ["members of two steps", group(chain(a, b), chain(a, b), chain(a, b))],
  ["members one behind the other are one stretch", group(...Array.from({ length: 5 }, () => a))],
  ["a step before a group", chain(a, group(b, c))],
  ["a step behind a group", chain(group(a, b), c)],
  ["groups behind each other", chain(group(a, b), group(c, d), e)],
  ["an empty group in a chain", chain(a, group(), b)],
  ["Celery's group of one in a chain is its member", chain(celery(a), b)],
  ["Celery's empty group in a chain is nothing", chain(a, celery(), b)],
  ["Celery's empty group at the end of a chain is nothing", given(chain(a, celery()), { taskId: "own", link: [e] })],
  ["an empty chain in a chain is nothing", given(chain(a, chain()), { taskId: "own", link: [e] })],
  ["Celery's group of a chain that ends in a group is that group", celery(chain(a, group(b, c)))],
  ["a chord", chord(group(a, b), c)],
  ["a chord with a chain as body", chord(group(a), chain(b, c))],
  ["a chord with a group as body", chord(group(a, b), group(c, d))],
  ["a chord in a header", chord(group(chord(group(a, b), c), d), e)],
  ["a chord that a step follows", chain(chord(group(a), b), c)],
  ["arguments of a chord are its header's", { ...chord(group(a, b), c), args: [1] }, { args: [0] }],
  ["a map", { kind: "map", task: "a", items: [1, 2] }],
  ["a starmap takes no result", chain(a, { kind: "starmap", task: "b", items: [[1, 2]] })],
  ["chunks", { kind: "chunks", task: "a", items: [[1], [2], [3]], size: 2 }],
  ["each", chain(a, { kind: "each", member: b })],
  [
    "what is said around an each is said of what it runs, too",
    given(chain(a, given({ kind: "each", member: b, limit: 2 }, { priority: 2, countdown: 1, link: [c] })), {
      queue: "q",
      priority: 1,
    }),
    { options: { retries: 3 } },
  ],
  ["a link and an errback", task("a", { options: { link: [b], linkError: [c] } })],
  ["callbacks of a chain", given(chain(a, b), { link: [c], linkError: [d] })],
  ["callbacks of a group", given(group(a, b), { link: [c], linkError: [d] })],
  ["callbacks of a chord are its body's", given(chord(group(a, b), c), { link: [d], linkError: [e] })],
  ["an errback of a chord with a group as body", given(chord(group(a), group(b, c)), { linkError: [e] })],
  ["callbacks have callbacks", task("a", { options: { link: [task("b", { options: { linkError: [c] } })] } })],
  ["times of a chain are its first step's", given(chain(a, b), { countdown: 2, eta: "1970-01-01T00:00:05.000Z" })],
  ["times of a group are its members'", given(group(a, b), { countdown: 0.25 })],
  ["an expiry is every task's", given(chain(a, group(b)), { expires: 60 })],
  ["a step's own times", chain(a, task("b", { options: { countdown: 1, expires: "1970-01-01T00:00:09.000Z" } }))],
  [
    "options of a composite are defaults",
    given(chain(a, task("b", { options: { queue: "own" } })), { queue: "q", priority: 2 }),
  ],
  [
    "an id of a composite is that of what gives its value",
    given(chain(a, given(chord(group(b), c), { queue: "q" })), { taskId: "own" }),
  ],
  ["an id of a group is its join's", given(group(a, b), { taskId: "own" })],
];

function compiled(data: SignatureData, call: Partial<CompileCall> = {}): Graph {
  const whole = { args: [], kwargs: {}, options: {}, ...call };
  return compile(data, whole, newRunKey(), {
    taskDefaults: (name) => (name === "d" ? { queue: "default of d" } : undefined),
  });
}

test("each composite compiles to the graph in graphs.golden", () => {
  const path = join(import.meta.dirname, "golden/graphs.golden");
  const blocks = CASES.map(([title, canvas, call]) => {
    const called = call === undefined ? "" : `\ncalled with ${JSON.stringify(call)}`;
    return `# ${title}\n${printCanvas(canvas)}${called}\n\n${printGraph(compiled(canvas, call))}\n`;
  });
  const text = blocks.join("\n");
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});

test.each([
  ["an empty chain", chain()],
  ["a chain of Celery's empty groups", chain(celery(), celery())],
])("%s holds nothing to run", (_what, canvas) => {
  expect(() => compiled(canvas)).toThrow(
    new InvalidSignatureError("this canvas holds no task at all, so there is nothing to run"),
  );
});

test.each<[way: string, around: (inner: SignatureData) => SignatureData, nodesPerLevel: number]>([
  ["a chain's last step", (inner) => chain(a, inner), 1],
  ["a chain's first step", (inner) => chain(inner, a), 1],
  ["a member", (inner) => group(a, inner), 1],
  ["a member of a group with options", (inner) => ({ ...group(a, inner), args: [1], options: { queue: "q" } }), 1],
  ["a member of a member", (inner) => group(a, chain(b, inner)), 4],
  ["a header", (inner) => chord(group(inner), a), 3],
  ["a body", (inner) => chord(group(a), inner), 3],
  ["Celery's only step", (inner) => chain(celery(inner), a), 1],
  ["a link", (inner) => task("a", { options: { link: [inner] } }), 1],
  ["an errback", (inner) => task("a", { options: { linkError: [inner] } }), 1],
])("%s compiles 2,000 deep", (_way, around, nodesPerLevel) => {
  let canvas = a;
  for (let depth = 0; depth < 2000; depth += 1) canvas = around(canvas);
  expect(Math.round((compiled(canvas).nodes.length - 1) / 2000)).toBe(nodesPerLevel);
});

test("more callbacks than one script may start are a group", () => {
  const callbacks = [...Array.from({ length: 2500 }, () => b), group(c, d)];
  const { nodes } = compiled(given(a, { link: callbacks, linkError: callbacks }));
  expect(nodes[0]).toMatchObject({ next: ["s1"], onError: [expect.stringMatching(/^s\d+@0$/) as unknown] });
  const ofB = nodes.filter((node) => node.kind === "task" && node.task === "b");
  expect(ofB.map((node) => (node.kind === "task" ? [node.input, node.takesError, node.parent] : []))).toEqual([
    ...Array.from({ length: 2500 }, () => [0, undefined, 0]),
    ...Array.from({ length: 2500 }, () => [undefined, true, 0]),
  ]);
  expect(nodes.filter((node) => node.kind === "join").map((node) => (node.kind === "join" ? node.size : 0))).toEqual([
    2, 2501, 2, 2501,
  ]);
});

test.each<[what: string, canvas: SignatureData, caller: string, count: number]>([
  [
    "of a group whose header fails",
    chord(group(a), group(...Array.from({ length: 1000 }, () => given(b, { linkError: [c] })))),
    "join",
    1000,
  ],
  [
    "of chains in one another",
    given(chain(given(chain(a, b), { linkError: Array.from({ length: 500 }, () => c) }), d), {
      linkError: [...Array.from({ length: 498 }, () => c), group(e, e), chain(c, d)],
    }),
    "task",
    1000,
  ],
])(
  "errbacks %s that one script may not start are handed out, and no join counts them",
  (_what, canvas, kind, count) => {
    const { nodes } = compiled(canvas);
    const caller = nodes.find((node) => node.kind === kind);
    const [token = ""] = caller?.kind === "task" || caller?.kind === "join" ? caller.onError : [];
    const spread = nodes[Number(token.slice(1))];
    if (spread?.kind !== "spread") throw new Error(`${token} is no spread`);
    expect({ join: spread.join, total: spread.total }).toEqual({ join: -1, total: count });
    const starts = [...stretchIndices(spread.starts)].map(({ index, stretch }) => ({ index, ...stretch }));
    for (const { index, suffix, kind: started } of starts) {
      const node = nodes[index];
      expect(node?.kind).toBe(started === "t" ? "task" : "spread");
      const [, cause] = /^@(\d+)$/.exec(suffix) ?? [];
      // Each is told of what it is called for.
      expect(nodes[Number(cause)]).toMatchObject(
        kind === "task" ? { onError: [token] } : { onError: [`t${index}@${cause}`] },
      );
    }
  },
);

const NUMBERS = /^([ts])(\d+)/;

/** The nodes that a node may lead to. */
function successors(graph: Graph, index: number): number[] {
  const node = graph.nodes[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  const indexOf = (token: string): number => Number(NUMBERS.exec(token)?.[2]);
  if (node.kind === "spread") return [...[...stretchIndices(node.starts)].map((start) => start.index), node.join];
  return [...node.next, ...node.onError].map(indexOf).concat(node.join === -1 ? [] : [node.join]);
}

test("every node can be reached, and every token leads to a node of its kind", () => {
  fc.assert(
    fc.property(anyCanvas(true), (data) => {
      const graph = compileAny(data);
      const reached = new Set<number>();
      const open = graph.starts.map((token) => Number(NUMBERS.exec(token)?.[2]));
      for (let index = open.pop(); index !== undefined; index = open.pop()) {
        if (reached.has(index)) continue;
        reached.add(index);
        open.push(...successors(graph, index));
      }
      expect([...reached].sort((one, other) => one - other)).toEqual([...graph.nodes.keys()]);
      for (const node of graph.nodes) {
        if (node.kind === "spread") continue;
        for (const token of [...node.next, ...node.onError]) {
          const [, kind, index] = NUMBERS.exec(token) ?? [];
          expect(graph.nodes[Number(index)]?.kind).toBe(kind === "t" ? "task" : "spread");
        }
      }
    }),
  );
});

test("a join counts the tails of its members, each of which knows it", () => {
  fc.assert(
    fc.property(anyCanvas(true), (data) => {
      const { nodes } = compileAny(data);
      const tails = (joinIndex: number): number[] =>
        [...nodes.keys()].filter((index) => {
          const node = nodes[index];
          return node?.kind !== "spread" && node?.isTail === true && node.join === joinIndex;
        });
      for (const [index, node] of nodes.entries()) {
        if (node.kind === "join") {
          expect([...stretchIndices(node.tails)].map((tail) => tail.index)).toEqual(tails(index));
          expect(countStretches(node.tails)).toBe(node.size);
        }
        if (node.kind === "spread") {
          const join = nodes[node.join];
          expect(join).toMatchObject({ kind: "join", size: node.total });
          expect(countStretches(node.starts)).toBe(node.total);
        }
      }
    }),
  );
});

test("what never runs when a node fails is one range, and these ranges nest", () => {
  fc.assert(
    fc.property(anyCanvas(true), (data) => {
      const { nodes } = compileAny(data);
      const open: number[] = [];
      for (const [index, node] of nodes.entries()) {
        while ((open.at(-1) ?? index) < index) open.pop();
        if (node.kind === "spread") continue;
        expect(node.deadEnd).toBeGreaterThanOrEqual(index);
        expect(node.deadEnd).toBeLessThan(nodes.length);
        const around = open.at(-1);
        if (around !== undefined) expect(node.deadEnd).toBeLessThanOrEqual(around);
        open.push(node.deadEnd);
      }
    }),
  );
});

test("compiling changes nothing of the signature, and gives the same again", () => {
  fc.assert(
    fc.property(anyCanvas(true), (data) => {
      const before = JSON.stringify(data);
      const [one, other] = [compileAny(data), compileAny(data)];
      expect(JSON.stringify(data)).toBe(before);
      expect({ ...one, runKey: "" }).toEqual({ ...other, runKey: "" });
    }),
  );
});

test("members that say nothing but their arguments become the same nodes as all others", () => {
  // Options that say nothing still take the way of those that do.
  const saying = (data: SignatureData): SignatureData =>
    JSON.parse(JSON.stringify(data).replaceAll('"task":"t"', '"task":"t","options":{}')) as SignatureData;
  fc.assert(
    fc.property(anyCanvas(), fc.array(fc.nat(), { maxLength: 2 }), (canvas, args) => {
      const call = { args, kwargs: {}, options: {} };
      const runKey = newRunKey();
      const environment = { taskDefaults: () => ({ queue: "q" }) };
      const plain = compile(canvas, call, runKey, environment);
      const nodes = plain.nodes.map((node) => {
        if (node.kind !== "spread") return node;
        const { alike: _onlyOfPlainMembers, ...spread } = node;
        return spread;
      });
      expect({ ...plain, nodes }).toEqual(compile(saying(canvas), call, runKey, environment));
    }),
    { numRuns: 100 },
  );
});
