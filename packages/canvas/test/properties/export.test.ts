import { expect, test } from "@jest/globals";
import { bindSignature, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { draw, exportGraph, graphFormats } from "../../src/graph/export/export-graph.ts";
import { layOut, type PlacedBox } from "../../src/graph/export/layout.ts";
import { isFrame, type Picture, pictureOf, stepsOf } from "../../src/graph/export/picture.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";

const FOLD = fc.constantFrom<number | false>(false, 1, 2, 20);
/** Names that mean something to one format or other. */
const NAME = fc.oneof(
  fc.constantFrom(
    "add",
    'a"b',
    "a\nb",
    "<i>&amp;</i>",
    "end",
    "`x`",
    "style a:#b;",
    "\\",
    "-->",
    "]",
    "\u202e",
    "日本",
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
);
const anyNamedCanvas = fc
  .tuple(anyCanvas(true), fc.array(NAME, { minLength: 1, maxLength: 3 }))
  .map(([data, names]) => rename(data, names));

function rename(data: SignatureData, names: readonly string[]): SignatureData {
  let at = 0;
  return JSON.parse(JSON.stringify(data), (key, value: unknown) => {
    if (key !== "task") return value;
    at += 1;
    return names[at % names.length];
  }) as SignatureData;
}

const pictureOfCanvas = (data: SignatureData, fold: number | false): Picture => pictureOf(compileAny(data), { fold });

test("every task and join of a graph is in exactly one step of its picture", () => {
  fc.assert(
    fc.property(anyCanvas(true), FOLD, (data, fold) => {
      const drawn = [...stepsOf(pictureOfCanvas(data, fold))].flatMap(({ indices }) => indices);
      const expected = [...compileAny(data).nodes.entries()].flatMap(([index, { kind }]) =>
        kind === "spread" ? [] : [index],
      );
      expect(drawn.sort((one, other) => one - other)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test("no format throws; ids are unique, and labels hold nothing that ends them", () => {
  fc.assert(
    fc.property(anyNamedCanvas, FOLD, (data, fold) => {
      const signature = bindSignature(data, undefined);
      for (const format of graphFormats) expect(exportGraph(signature, { format, fold })).toMatch(/\n$/);
      const drawn = [...stepsOf(pictureOfCanvas(data, fold))];
      const boxes = drawn.filter((step) => !isFrame(step)).length;
      const mermaid = linesOf(exportGraph(signature, { format: "mermaid", fold }));
      const mermaidIds = mermaid.flatMap((line) => {
        const [, box, frame] =
          /^ +(?:(n\d+)(?:\(|\[\[)"[^"<>&`]*"(?:\)|\]\])|subgraph (g\d+)\["[^"<>&`]*"\])$/.exec(line) ?? [];
        return box ?? frame ?? [];
      });
      const emptyGroups = mermaid.filter((line) => /^ +g\d+(?:\(|\[\[)"/.test(line)).length;
      expect(new Set(mermaidIds).size).toBe(mermaidIds.length);
      expect(mermaidIds.length + emptyGroups).toBe(drawn.length);
      const dot = linesOf(exportGraph(signature, { format: "dot", fold }));
      const dotIds = dot.flatMap((line) => /^ +"([ng]\d+)" \[label="(?:[^"\\]|\\.)*", [^"]+=/.exec(line)?.[1] ?? []);
      expect(new Set(dotIds).size).toBe(dotIds.length);
      expect(dotIds).toHaveLength(boxes);
    }),
    { numRuns: 100 },
  );
});

test("no two boxes of a picture overlap, each is within its frame, and no line runs through a box", () => {
  fc.assert(
    fc.property(anyCanvas(true), FOLD, (data, fold) => {
      const { boxes, lines, width, height } = layOut(pictureOfCanvas(data, fold));
      const paper = { x: 0, y: 0, width, height };
      for (const box of boxes) expect(contains(box.frame ?? paper, box)).toBe(true);
      for (const [position, one] of boxes.entries()) {
        for (const other of boxes.slice(position + 1)) {
          if (!framesOf(other).includes(one)) expect(overlap(one, other)).toBe(false);
        }
        // A line may run within the frame that it belongs to.
        if (isFrame(one.step)) continue;
        for (const { points } of lines) {
          for (const [place, [x, y]] of points.slice(1).entries()) {
            const [fromX, fromY] = points[place] ?? [x, y];
            const line = {
              x: Math.min(x, fromX),
              y: Math.min(y, fromY),
              width: Math.abs(x - fromX),
              height: Math.abs(y - fromY),
            };
            expect(overlap(one, line)).toBe(false);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("what is drawn is the same every time, whatever the run's id", () => {
  fc.assert(
    fc.property(anyCanvas(true), FOLD, (data, fold) => {
      const once = draw(compileAny(data), { format: "svg", fold });
      expect(draw(compileAny(data), { format: "svg", fold })).toBe(once);
    }),
    { numRuns: 20 },
  );
});

type Area = Pick<PlacedBox, "x" | "y" | "width" | "height">;

/** Whether the insides of two areas meet; they may touch. */
function overlap(one: Area, other: Area): boolean {
  const meet = (from: number, size: number, otherFrom: number, otherSize: number) =>
    from < otherFrom + otherSize && otherFrom < from + size;
  const isPoint = (size: number) => Math.max(size, 1e-6);
  return (
    meet(one.x, one.width, other.x, isPoint(other.width)) && meet(one.y, one.height, other.y, isPoint(other.height))
  );
}

function contains(outer: Area, inner: Area): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function framesOf({ frame }: PlacedBox): readonly PlacedBox[] {
  return frame === undefined ? [] : [frame, ...framesOf(frame)];
}

function linesOf(text: string): readonly string[] {
  return text.split("\n");
}
