/** What people see of a run on terminals of several sizes, as a terminal shows it. */
import { expect, test } from "@jest/globals";
import { CanvasEngine, MemoryBroker, type PhaseChange, RunFollower } from "@umbel/canvas";
import { parseNodeId } from "@umbel/core";
import xterm from "@xterm/headless";
import pc from "picocolors";
import { drawSteps } from "../../../src/cli/live/draw-steps.ts";
import { LiveScreen } from "../../../src/cli/live/live-screen.ts";
import { pauseAfter } from "../../../src/cli/live/progress.ts";
import { type PhaseCounts, type Step, StepBoard } from "../../../src/cli/live/step-board.ts";
import { expectGolden } from "../golden-file.ts";

const NOW = 1_000_000;

const NONE: PhaseCounts = {
  waiting: 0,
  queued: 0,
  running: 0,
  retrying: 0,
  succeeded: 0,
  failed: 0,
  revoked: 0,
  ignored: 0,
  skipped: 0,
  uncalled: 0,
};

interface Given {
  readonly title: string;
  readonly depth?: number;
  readonly counts: Partial<PhaseCounts>;
  readonly after?: Step;
  readonly isFrame?: boolean;
  readonly started?: number;
  readonly ended?: number;
  readonly nextTry?: number;
  readonly callback?: "link" | "error";
}

/** A step; times are milliseconds from now. */
function step({ title, depth = 0, counts, after, isFrame = false, started, ended, nextTry, callback }: Given): Step {
  const all = { ...NONE, ...counts };
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  return {
    row: {
      title,
      name: title,
      depth,
      indices: Array.from({ length: total }, (_, index) => index),
      isFrame,
      callback,
      after: after?.row,
    },
    total,
    counts: all,
    ended: total - all.waiting - all.queued - all.running - all.retrying,
    nextTryAt: nextTry === undefined ? undefined : NOW + nextTry,
    startedAt: started === undefined ? undefined : NOW + started,
    endedAt: ended === undefined ? undefined : NOW + ended,
  };
}

const fetched = step({
  title: 'fetch("https://example.org/photos")',
  counts: { succeeded: 1 },
  started: -9000,
  ended: -7988,
});
const group = step({ title: "group of 100", counts: { waiting: 1 }, after: fetched, isFrame: true });
const GOING: readonly Step[] = [
  fetched,
  group,
  step({
    title: "score × 100",
    depth: 1,
    counts: { succeeded: 70, failed: 1, running: 3, retrying: 1, waiting: 25 },
    after: fetched,
    started: -4000,
    nextTry: 2000,
  }),
  step({ title: "写真を保存 × 100", depth: 1, counts: { waiting: 100 }, after: fetched }),
  step({ title: "report()", counts: { waiting: 1 }, after: group }),
  step({ title: "clean()", depth: 1, counts: { waiting: 1 }, callback: "error", after: group }),
];

const failed = step({ title: "score × 100", depth: 1, counts: { succeeded: 99, failed: 1 }, started: -5000, ended: 0 });
const ENDED: readonly Step[] = [
  fetched,
  step({ title: "group of 100", counts: { failed: 1 }, after: fetched, isFrame: true, ended: 0 }),
  failed,
  step({ title: "report()", counts: { skipped: 1 } }),
  step({ title: "thank()", counts: { uncalled: 1 }, callback: "link" }),
];

const MANY: readonly Step[] = Array.from({ length: 60 }, (_, place) =>
  step({
    title: `step${place}()`,
    counts: place < 30 ? { succeeded: 1 } : place === 30 ? { running: 1 } : { waiting: 1 },
    ...(place <= 30 ? { started: -100 * (60 - place) } : {}),
    ...(place < 30 ? { ended: -100 * (59 - place) } : {}),
  }),
);

/** A terminal that can be read. */
class Screen {
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  readonly live: LiveScreen;
  #written: Promise<void> = Promise.resolve();

  constructor(columns: number, rows: number) {
    const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    this.terminal = terminal;
    this.live = new LiveScreen({
      get columns() {
        return terminal.cols;
      },
      get rows() {
        return terminal.rows;
      },
      write: (text) => {
        this.#written = this.#written.then(() => new Promise((resolve) => terminal.write(text, resolve)));
      },
    });
  }

  draw(steps: readonly Step[], hasEnded = false): void {
    const { columns, rows } = this.live;
    const frame = { title: "photos.flow  brisk-otter-41c7", startedAt: NOW - 9200, now: NOW, hasEnded };
    this.live.draw(drawSteps(steps, frame, { columns, rows, colors: pc.createColors(true) }));
  }

  async text(): Promise<string> {
    await this.#written;
    const { active } = this.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return `${lines.join("\n").trimEnd()}\n`;
  }
}

test.each([
  [80, 24],
  [40, 10],
  [120, 40],
])("the live view on %i columns and %i rows", async (columns, rows) => {
  const shown: string[] = [];
  for (const steps of [GOING, ENDED, MANY]) {
    const screen = new Screen(columns, rows);
    screen.draw(steps, steps === ENDED);
    shown.push(await screen.text());
  }
  expectGolden(`screens/live-${columns}x${rows}.txt`, shown.join(`${"─".repeat(columns)}\n`));
});

test("a frame is drawn over the last, and what others print stands above it", async () => {
  const screen = new Screen(80, 24);
  screen.draw(GOING);
  screen.live.print("a line of a task\n");
  screen.live.print("one without its end");
  screen.draw(ENDED, true);
  screen.live.close();
  screen.live.print("after\n");
  const text = await screen.text();
  expect(text.match(/^photos\.flow/gm)).toHaveLength(1);
  expect(text).toMatch(/^a line of a task\none without its end\nphotos\.flow/);
  expect(text).toMatch(/not called\nafter\n$/);
});

test("after a terminal was made narrower the old frame is gone all the same", async () => {
  const screen = new Screen(100, 24);
  screen.draw(GOING);
  await screen.text();
  screen.terminal.resize(50, 24);
  screen.draw(ENDED, true);
  const text = await screen.text();
  expect(text.match(/photos\.flow/g)).toHaveLength(1);
  expect(text).not.toContain("waits for");
});

test("a frame that is the same is not written again", () => {
  const written: string[] = [];
  const live = new LiveScreen({ columns: 80, rows: 24, write: (text) => written.push(text) });
  for (let count = 0; count < 3; count += 1) live.draw(["a", "b"]);
  expect(written).toHaveLength(1);
});

test("no line is wider than the terminal, and no frame higher, for a run of 1,000 steps", () => {
  const steps = Array.from({ length: 1000 }, (_, place) =>
    step({ title: `${"x".repeat(place % 200)}(…)`, depth: place % 40, counts: { running: 1 }, started: -5 }),
  );
  for (const [columns, rows] of [
    [20, 5],
    [80, 24],
    [200, 60],
  ] as const) {
    const frame = { title: "a".repeat(300), startedAt: NOW, now: NOW, hasEnded: false };
    const lines = drawSteps(steps, frame, { columns, rows, colors: pc.createColors(false) });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(rows);
  }
});

test("a run is looked at ten times a second, less often where looking costs much, and once a second whatever it costs", () => {
  expect([0, 10, 25, 50, 200, 5000].map(pauseAfter)).toEqual([100, 100, 100, 200, 800, 1000]);
});

test("what a redraw of 20,000 nodes costs follows from what has changed, and not from how many there are", async () => {
  const NODES = 20_000;
  const engine = new CanvasEngine({ tasks: new Map() }, { openBroker: async () => new MemoryBroker() });
  const members = Array.from(
    { length: NODES },
    (_, x) => ({ kind: "task", task: "score", args: [x], kwargs: {} }) as const,
  );
  const signature = { kind: "group", members } as const;
  const { resultId, stored } = engine.submit({ signature, args: [], kwargs: {}, options: {} });
  await stored;
  const { runKey } = parseNodeId(resultId) ?? {};
  if (runKey === undefined) throw new Error("no run");
  const follower = new RunFollower(await engine.runtime(), runKey);
  const counts = { graphs: 0, phases: 0 };
  let changes: readonly PhaseChange[] = [];
  const board = new StepBoard({
    look: async (options) => {
      const seen = await follower.look(options);
      return { ...seen, changes: [...seen.changes, ...changes] };
    },
    graph: () => {
      counts.graphs += 1;
      return follower.graph();
    },
    phaseOf: (index) => {
      counts.phases += 1;
      return follower.phaseOf(index);
    },
  });
  const screen = new Screen(80, 24);
  screen.draw((await board.look()).steps);
  const first = { ...counts };
  expect(first.graphs).toBe(1);
  expect(first.phases).toBeGreaterThanOrEqual(NODES);
  // More and more wait for another try.
  let lines = 0;
  for (let at = 0; at < 20; at += 1) {
    changes = Array.from({ length: NODES / 20 }, (_, place) => {
      const index = at * (NODES / 20) + place + 2;
      return { index, from: "waiting", to: "retrying", at: NOW, dueAt: NOW + index } as const;
    });
    const { steps } = await board.look();
    screen.draw(steps);
    lines = Math.max(lines, steps.length);
  }
  expect(counts).toEqual(first);
  expect(lines).toBeLessThan(5);
  expect(await screen.text()).toContain(`score × ${NODES}`);
  await follower.close();
  await engine.close();
});
