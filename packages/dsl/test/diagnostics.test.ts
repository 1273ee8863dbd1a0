/**
 * What people see for what they got wrong: each case of test/golden is a text and its screen, side by side.
 * A line `# limits: {…}` sets limits. `UPDATE_GOLDEN=1` writes the screens anew; the diff is for reading.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { codes } from "../src/codes.ts";
import { compile, type Limits, renderDiagnostics } from "../src/index.ts";
import { flows, importingResolver, resolver } from "./tasks.ts";

const folder = new URL("./golden/", import.meta.url);
const isUpdating = process.env.UPDATE_GOLDEN === "1";

interface Case {
  readonly title: string;
  readonly text: string;
  readonly screen: string;
}

const CASE = "=== ";
const SCREEN = "--- screen";

function readCases(golden: string): readonly Case[] {
  return golden
    .split(/^=== /m)
    .slice(1)
    .map((block) => {
      const [title = "", ...lines] = block.trimEnd().split("\n");
      const cut = lines.indexOf(SCREEN);
      const text = (cut === -1 ? lines : lines.slice(0, cut)).join("\n");
      const screen =
        cut === -1
          ? ""
          : lines
              .slice(cut + 1)
              .join("\n")
              .trimEnd();
      return { title, text, screen };
    });
}

function readLimits(json: string): Partial<Limits> {
  const limits: unknown = JSON.parse(json);
  return typeof limits === "object" ? { ...limits } : {};
}

function screenOf(text: string): string {
  const known = text.includes("import ") ? importingResolver : resolver;
  const [, limits = "{}"] = /^# limits: (.*)$/m.exec(text) ?? [];
  const { diagnostics } = compile(text, { file: "x.flow", resolver: known, limits: readLimits(limits) });
  return renderDiagnostics(diagnostics, { "x.flow": text, ...flows }).trimEnd();
}

for (const name of readdirSync(folder)) {
  const path = new URL(name, folder);
  const cases = readCases(readFileSync(path, "utf8"));
  if (isUpdating) {
    const blocks = cases.map(({ title, text }) => `${CASE}${title}\n${text}\n${SCREEN}\n${screenOf(text)}\n`);
    writeFileSync(path, blocks.join("\n"));
  }
  describe(name, () => {
    test.each(readCases(readFileSync(path, "utf8")).map(({ title, text, screen }) => [title, text, screen] as const))(
      "%s",
      (_title, text, screen) => {
        expect(screenOf(text)).toBe(screen);
      },
    );
  });
}

test.each(Object.keys(codes))("%s has a case that shows it", (code) => {
  const screens = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  expect(screens.some((screen) => screen.includes(`[${code}]: `))).toBe(true);
});
