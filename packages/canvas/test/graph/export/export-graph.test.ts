import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type AnySignature, App, newRunKey, nodeId, OptionError } from "@umbel/core";
import {
  draw,
  type ExportGraphOptions,
  exportGraph,
  type GraphFormat,
  graphFormats,
} from "../../../src/graph/export/export-graph.ts";
import type { JsonGraph } from "../../../src/graph/export/json.ts";
import { countStates, drawnStates, lookOf, PLAIN } from "../../../src/graph/export/state-colours.ts";
import { chain } from "../../../src/primitives/chain.ts";
import { chord } from "../../../src/primitives/chord.ts";
import { each } from "../../../src/primitives/each.ts";
import { group } from "../../../src/primitives/group.ts";
import { compileAny } from "../../kit/arbitrary-canvas.ts";

const app = new App("photos");
const task = (name: string) => app.task(name, (...given: unknown[]) => given.length);
const [load, resize, score, merge, notify, log, report, clean] = [
  task("load"),
  task("resize"),
  task("score"),
  task("merge"),
  task("notify"),
  task("log"),
  task("report"),
  task("clean"),
] as const;

/** A chain, a group, a chord, links, errbacks, an immutable step, and members that are alike. */
const PHOTOS: AnySignature = chain(
  load.s('s3://"photos"/<new>&\n').set({ link: log.s("loaded") }),
  group(
    resize.s(100),
    chain(resize.s(200), clean.si().set({ linkError: notify.s("ann") })),
    chord([score.s(1), score.s(2)], merge.s()),
    ...Array.from({ length: 25 }, (_, number) => score.s(number)),
  ),
  merge.s().set({ link: chain(notify.s("bob"), log.s()) }),
  group([]),
  clean.si(),
).set({ linkError: report.s() });

const EXTENSIONS: Readonly<Record<GraphFormat, string>> = {
  mermaid: "mmd",
  dot: "dot",
  svg: "svg",
  json: "json.txt",
  tree: "txt",
  text: "flow",
};

function expectGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, "golden", name);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, actual);
  expect(actual).toBe(readFileSync(path, "utf8"));
}

const treeOf = (signature: AnySignature, options: Partial<ExportGraphOptions> = {}) =>
  exportGraph(signature, { format: "tree", ...options });

test.each(graphFormats.map((format) => [format]))("a canvas as %s", (format) => {
  expectGolden(`photos.${EXTENSIONS[format]}`, exportGraph(PHOTOS, { format }));
});

test.each(["mermaid", "dot", "svg", "json", "tree"] as const)("a run as %s has its states, in words too", (format) => {
  const runKey = newRunKey();
  const graph = compileAny(PHOTOS.data);
  const members = graph.nodes.flatMap((node, index) => (node.kind === "task" && node.task === "score" ? [index] : []));
  const failed = members.at(-1);
  const states = (index: number) => (index === failed ? "FAILURE" : members.includes(index) ? "SUCCESS" : "PENDING");
  const text = draw(graph, { format, fold: 20 }, { runKey, states });
  expectGolden(`photos-run.${EXTENSIONS[format]}`, text.replaceAll(runKey, "RUN-"));
  expect(draw(graph, { format, fold: 20 }, { runKey, states })).toBe(text);
});

describe("what is alike is drawn as one", () => {
  test("where there are more than 20 of it, and not where there are 20", () => {
    const many = (count: number) => group(Array.from({ length: count }, (_, number) => score.s(number)));
    expect(treeOf(many(21))).toBe("group of 21\n  • score × 21\n");
    expect(treeOf(many(20)).split("\n")).toHaveLength(22);
    expect(treeOf(many(21), { fold: false }).split("\n")).toHaveLength(23);
    expect(treeOf(many(3), { fold: 2 })).toBe("group of 3\n  • score × 3\n");
  });

  test("but in JSON only where that is asked for", () => {
    const many = group(Array.from({ length: 50 }, (_, number) => score.s(number)));
    const nodesOf = (options: Partial<ExportGraphOptions>) =>
      (JSON.parse(exportGraph(many, { format: "json", ...options })) as JsonGraph).nodes;
    expect(nodesOf({})).toHaveLength(51);
    expect(nodesOf({ fold: 20 })).toMatchObject([
      { kind: "group", size: 50 },
      { task: "score", count: 50 },
    ]);
  });

  test.each<[what: string, signature: AnySignature, tree: string]>([
    [
      "chains, step by step",
      group(Array.from({ length: 3 }, (_, number) => chain(load.s(number), score.s()))),
      "group of 3\n  • load × 3\n    → score × 3\n",
    ],
    [
      "two kinds of members, in the order of their first",
      group(Array.from({ length: 6 }, (_, number) => (number % 2 === 0 ? score.s(number) : load.s(number)))),
      "group of 6\n  • score × 3\n  • load × 3\n",
    ],
    [
      "groups of the same members, of whatever size",
      group([1, 2, 3].map((size) => chain(load.s(size), group(Array.from({ length: size }, () => score.s()))))),
      "group of 3\n  • load × 3\n    → 3 groups, of 6 in all\n      • score × 6\n",
    ],
    [
      "groups of equal size",
      group([1, 2, 3].map((number) => chain(load.s(number), group(score.s(), merge.s())))),
      "group of 3\n  • load × 3\n    → 3 groups, each of 2\n      • score × 3\n      • merge × 3\n",
    ],
    [
      "steps one behind the other, with the errback that they share",
      chain(load.s(), score.s(), score.s(), score.s(), merge.s()).set({ linkError: report.s() }),
      "load()\n→ score × 3, in series\n→ merge()\n  on error of 3 steps: report()\n",
    ],
    [
      "callbacks that each member has for itself",
      group([1, 2, 3].map((number) => score.s(number).set({ link: log.s(number), linkError: report.s() }))),
      "group of 3\n  • score × 3\n      on success: log × 3\n      on error: report × 3\n",
    ],
    [
      "steps whose errbacks differ, where a later step calls one of them too",
      chain(
        chain(score.s(), score.s(), score.s()).set({ linkError: report.s(1) }),
        chain(score.s(), score.s(), merge.s()).set({ linkError: report.s(2) }),
      ),
      "score × 5, in series\n→ merge()\n  on error of 2 steps: report × 2\n",
    ],
  ])("%s", (_what, signature, tree) => {
    expect(treeOf(signature, { fold: 2 })).toBe(tree);
  });

  test("a graph of many tasks is short, in every format", () => {
    const big = chain(load.s(1), group(Array.from({ length: 5000 }, (_, number) => chain(score.s(number), log.s()))));
    for (const format of graphFormats) {
      if (format !== "json" && format !== "text") expect(exportGraph(big, { format }).length).toBeLessThan(5000);
    }
    expect(treeOf(big)).toBe("load(1)\n→ group of 5000\n  • score × 5000\n    → log × 5000\n");
  });
});

test.each<[what: string, signature: AnySignature, title: string]>([
  ["a map", score.map([1, 2, 3, 4]), "score.map([1, 2, 3, … 4 items])"],
  ["each", each(score.s(2)), "each(score(2))"],
  ["each with a limit", each(score.s(2), { limit: 3 }), "each(score(2), limit: 3)"],
  ["a long text", log.s("x".repeat(100)), `log("${"x".repeat(19)}…")`],
  [
    "many arguments",
    log.s(...Array.from({ length: 99 }, (_, number) => number)),
    "log(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1…)",
  ],
  [
    "named arguments",
    log.signature([], { kwargs: { level: "info", data: { deep: [1] } } }),
    'log(level: "info", data: {deep: […]})',
  ],
  ["what cannot be seen", log.s("\u202eabc\u0000"), 'log("\\u{202e}abc\\u0000")'],
  ["a moment", log.s(new Date(0)), 'log("1970-01-01T00:00:00…")'],
])("%s is written short, on one line", (_what, signature, title) => {
  expect(treeOf(signature)).toBe(`${title}\n`);
});

test("a name that means something to a format is taken as text by it", () => {
  const name = '"]; end\\" & <b>`x`</b> #35; 1. a:b --> {c} %%';
  const odd = app.signature(name);
  expect(exportGraph(odd, { format: "dot" })).toContain(
    'label="\\"]; end\\\\\\" & <b>`x`</b> #35; 1. a:b --> {c} %%()"',
  );
  const [, label = ""] = /^ {2}n0\("(.*)"\)$/m.exec(exportGraph(odd, { format: "mermaid" })) ?? [];
  expect(label).not.toMatch(/["<>&`;:](?!\))(?<!#\d+;)/);
  expect(label.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe(`${name}()`);
  expect(exportGraph(odd, { format: "svg" })).toContain(
    "&quot;]; end\\&quot; &amp; &lt;b&gt;`x`&lt;/b&gt; #35; 1. a:b --&gt; {c} %%()",
  );
});

test("nodes of a run have its ids in JSON, those that people gave themselves too", () => {
  const runKey = newRunKey();
  const graph = compileAny(chain(load.s(), score.s().set({ taskId: "mine" })).data);
  const text = draw(graph, { format: "json" }, { runKey, states: () => "SUCCESS" });
  expect((JSON.parse(text) as JsonGraph).nodes.map(({ id }) => id)).toEqual([nodeId(runKey, 0), "mine"]);
});

test.each<[options: object, message: string]>([
  [{ format: "mermiad" }, "unknown format `mermiad` of a graph; did you mean `mermaid`?; there are"],
  [{ format: "svg", fold: 0 }, "`fold` is 0, but must be a whole number of at least 1, or false"],
])("%j is refused", (options, message) => {
  const attempt = () => exportGraph(load.s(), options as ExportGraphOptions);
  expect(attempt).toThrow(OptionError);
  expect(attempt).toThrow(message);
});

describe("colours", () => {
  /** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
  const contrast = (one: string, other: string): number => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
    return (light + 0.05) / (dark + 0.05);
  };
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  test.each([...drawnStates.map((state) => [state, lookOf(state)] as const), ["plain", PLAIN] as const])(
    "%s can be read",
    (_state, { fill, stroke, text }) => {
      expect(contrast(text, fill)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(stroke, fill)).toBeGreaterThanOrEqual(3);
      expect(contrast(stroke, "#ffffff")).toBeGreaterThanOrEqual(3);
    },
  );

  test("a state that a task sets for itself looks like STARTED, and a failure matters most", () => {
    expect(lookOf("PROGRESS")).toEqual(lookOf("STARTED"));
    expect(countStates(["SUCCESS", "PROGRESS", "FAILURE", "SUCCESS"])).toEqual([
      ["FAILURE", 1],
      ["PROGRESS", 1],
      ["SUCCESS", 2],
    ]);
  });
});
