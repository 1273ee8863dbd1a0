import { expect, test } from "@jest/globals";
import { reportPage } from "../../../src/cli/report/html.ts";

test("a report holds graph, totals, timeline and nodes, asks for nothing elsewhere, and nothing of a task is markup", () => {
  const evil = '<script>alert("x")</script>';
  const page = reportPage({
    info: {
      id: "0192f0c1-1111-8abc-8def-012300000000",
      readableId: "brisk-otter-41c7",
      name: evil,
      task: "score",
      state: "FAILURE",
      resultId: "0192f0c1-1111-8abc-8def-012300000000",
      isGroup: false,
      nodeCount: 1,
      createdAt: new Date(0),
      endedAt: new Date(3000),
      resumes: 1,
      modules: [],
    },
    svg: "<svg></svg>",
    totals: [
      {
        task: evil,
        count: 3,
        states: new Map([["FAILURE", 3]]),
        retries: 2,
        timed: 2,
        waitedMs: 20,
        ranMs: 3000,
        longestMs: 2000,
      },
    ],
    nodes: [
      {
        id: "0192f0c1-1111-8abc-8def-012300000000",
        index: 0,
        kind: "task",
        task: evil,
        args: [evil],
        kwargs: {},
        state: "FAILURE",
        attempts: 2,
        readyAt: new Date(0),
        startedAt: new Date(1000),
        endedAt: new Date(3000),
        worker: evil,
        error: { name: evil, message: evil, stack: evil },
      },
    ],
    nodeCount: 1,
  });
  expect(page.match(/<script>/g)).toHaveLength(1);
  expect(page).not.toMatch(/https?:|src=|@import/);
  expect(page).toContain("<svg></svg>");
  expect(page).toContain("waited 1.0 s");
  expect(page).toContain("ran 2.0 s, attempt 2");
  expect(page).toContain("took 3.0 s · resumed 1 time");
  expect(page).toContain('<td class="number">1.5 s</td>');
});
