/**
 * Comparing what an engine did with what is expected. One rule: both sides become canonical JSON text (keys sorted,
 * generated ids replaced by `<uuid>`), and equal means equal text.
 */
import type { ConformanceCase, ExpectedError, StoredError, TreeNode } from "./case.ts";

/** 1 state and result; 2 also the stored error; 3 also records; 4 also what `get()` throws; 5 also the tree. */
export type Level = 1 | 2 | 3 | 4 | 5;

/** What an engine did with a case. */
export interface Observation {
  readonly state: string;
  readonly value?: unknown;
  readonly error?: StoredError;
  readonly raised?: StoredError;
  readonly records: Readonly<Record<string, readonly unknown[]>>;
  readonly tree?: readonly TreeNode[] | undefined;
}

/** One field of the expectation that is not met; both sides as text for people. */
export interface Difference {
  readonly field: "state" | "result" | "error" | "records" | "raised" | "tree";
  readonly expected: string;
  readonly got: string;
}

/** Gives what differs, up to a level. @param givenIds ids that stand in answers as they are */
export function compare(
  testCase: ConformanceCase,
  observed: Observation,
  level: Level,
  givenIds: ReadonlySet<string>,
): Difference[] {
  const { expect } = testCase;
  const text = (value: unknown): string => canonicalJson(value, givenIds);
  if (expect.state !== undefined && expect.state !== observed.state) {
    const reason = observed.error === undefined ? "" : ` ${errorText(observed.error, text)}`;
    return [{ field: "state", expected: expect.state, got: observed.state + reason }];
  }
  const differences: Difference[] = [];
  const differ = (field: Difference["field"], expected: string, got: string): void => {
    if (expected !== got) differences.push({ field, expected, got });
  };
  if (expect.result !== undefined) differ("result", text(expect.result), text(observed.value));
  if (level >= 2 && expect.error !== undefined) differ("error", ...errorTexts(expect.error, observed.error, text));
  if (level >= 3 && expect.records !== undefined) {
    const isOrdered = testCase.ordered === true;
    differ("records", recordsText(expect.records, isOrdered, text), recordsText(observed.records, isOrdered, text));
  }
  if (level >= 4 && expect.raised !== undefined) differ("raised", ...errorTexts(expect.raised, observed.raised, text));
  if (level >= 5 && expect.tree !== undefined) {
    const got = observed.tree?.map((node, index) => withoutFreeMessages(node, expect.tree?.[index]));
    differ("tree", text(expect.tree), text(got));
  }
  return differences;
}

type ToText = (value: unknown) => string;

function errorTexts(expected: ExpectedError, got: StoredError | undefined, text: ToText): [string, string] {
  const comparable = got === undefined || expected.message !== null ? got : { type: got.type, message: null };
  return [errorText(expected, text), comparable === undefined ? "no error" : errorText(comparable, text)];
}

function errorText({ type, message }: ExpectedError, text: ToText): string {
  return message === null ? `${type}(…)` : `${type}(${text(message)})`;
}

// Lists that are empty say nothing: Celery's answers leave them out.
function recordsText(records: Observation["records"], isOrdered: boolean, text: ToText): string {
  const lists = Object.entries(records)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => {
      const texts = values.map(text);
      return `${text(key)}:[${(isOrdered ? texts : texts.sort()).join(",")}]`;
    });
  return `{${lists.sort().join(",")}}`;
}

/** Takes out of a node the messages that the expected one leaves open. */
function withoutFreeMessages(node: TreeNode, expected: TreeNode | undefined): TreeNode {
  if (expected === undefined) return node;
  if ("group" in node) {
    const members = "group" in expected ? expected.group : [];
    return { group: node.group.map((member, index) => withoutFreeMessages(member, members[index])) };
  }
  const isFree = "error" in expected && expected.error?.message === null;
  return isFree && node.error !== undefined ? { ...node, error: { ...node.error, message: null } } : node;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * Gives a value as JSON text that is the same for equal values: keys sorted, -0 as 0, and generated ids as `<uuid>`.
 */
export function canonicalJson(value: unknown, givenIds: ReadonlySet<string>): string {
  if (value === undefined) return "nothing";
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held === "string") return held.replace(UUID, (id) => (givenIds.has(id) ? id : "<uuid>"));
    if (typeof held !== "object" || held === null || Array.isArray(held)) return held;
    return Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
