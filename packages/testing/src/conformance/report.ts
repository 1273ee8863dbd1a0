/** What the runner says of a case that differs: one line, whatever the values hold. */
import type { CaseReport } from "./runner.ts";

const LONGEST_VALUE = 300;

/** Gives `id name: field: expected …, got …`, with each field that differs. */
export function reportLine({ testCase, differences }: CaseReport): string {
  const parts = differences.map(({ field, expected, got }) => `${field}: expected ${cut(expected)}, got ${cut(got)}`);
  return `${testCase.id} ${testCase.name}: ${parts.join("; ")}`;
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
