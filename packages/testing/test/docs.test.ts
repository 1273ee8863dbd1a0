import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as core from "@umbel/core";
import { codeNames, explain, indexAsMarkdown, pageAsMarkdown } from "@umbel/dsl";
import { type DocBlock, modulesOf, readBlocks } from "../src/kit/doc-blocks.ts";
import type { DocReport } from "../src/kit/doc-page.ts";
import { testRedisUrl } from "../src/kit/test-redis.ts";

const root = join(import.meta.dirname, "../../..");
const pageProgram = ["--conditions=source", "--import", "tsx", join(import.meta.dirname, "../src/kit/doc-page.ts")];
/** Inside of the package, so that `umbel` is found from there. */
const temporary = mkdtempSync(join(import.meta.dirname, "../.tmp-docs-"));
/** What `npx flow` runs, for one command after another: a process for each costs a second. */
const flow = fork(join(root, "packages/umbel/test/cli/flow-session.mjs"), { silent: true });
afterAll(() => {
  flow.disconnect();
  rmSync(temporary, { recursive: true, force: true });
});

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith(".md"))
  .map((name) => {
    const text = readFileSync(join(root, name), "utf8");
    const blocks = readBlocks(text);
    return { name, text, blocks, folder: writePage(name, blocks) };
  });
/** Pages whose code is not run. */
const plainPages = [
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs/errors")).map((name) => `docs/errors/${name}`),
].map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));

/** What the code of a page finds at run time. */
const CHECKS = `
declare function expectValue(run: () => Promise<unknown>, expected: unknown, place: string): Promise<void>;
declare function expectError(run: () => Promise<unknown>, name: string, text: string, place: string): Promise<void>;
`;

const environment = (database: number) => ({
  ...process.env,
  NO_COLOR: "1",
  NODE_OPTIONS: "",
  // A database for each page: nobody else's worker takes its tasks.
  FLOW_BROKER: `${testRedisUrl()}?db=${database}`,
});

/** What running all pages has said, by page. */
let reports: ReadonlyMap<string, readonly string[]>;
/** What the process said that was no report. */
let noise = "";

beforeAll(async () => {
  const { output } = await run([...pageProgram, "1", ...pages.map(({ folder }) => folder)], temporary, 0);
  const lines = output.split("\n");
  const found = lines.filter((line) => line.startsWith('{"name":')).map((line) => JSON.parse(line) as DocReport);
  reports = new Map(found.map(({ name, wrong }) => [name, wrong]));
  noise = lines.filter((line) => !line.startsWith('{"name":')).join("\n");
}, 180_000);

describe("the page", () => {
  test.each(pages.map((page, index) => [page.name, page, index + 1] as const))(
    "%s is right about its code",
    async (name, { blocks, folder }, database) => {
      const wrong = reports.get(name) ?? [`it was not run to its end\n${noise}`];
      if (wrong.length > 0) throw new Error(wrong.join("\n"));
      for (const block of blocks) if (block.language === "sh") await checkCommands(name, block, folder, database);
    },
    180_000,
  );
});

describe("the guide", () => {
  test("holds only TypeScript that compiles", async () => {
    writeFileSync(join(temporary, "checks.d.ts"), CHECKS);
    const files = readdirSync(temporary, { encoding: "utf8", recursive: true }).filter((file) => file.endsWith(".ts"));
    const configuration = { extends: "../../../tsconfig.eslint.json", files };
    writeFileSync(join(temporary, "tsconfig.json"), JSON.stringify(configuration));
    const { output } = await run([join(root, "node_modules/.bin/tsc"), "-p", temporary], temporary, 0);
    expect(output).toBe("");
  }, 180_000);

  test("has no link that leads nowhere", () => {
    const broken = [...pages, ...plainPages].flatMap(({ name, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([link, path = "", anchor]) => {
        const target = path === "" ? name : join(dirname(name), path);
        const found = existsSync(join(root, target)) ? readFileSync(join(root, target), "utf8") : undefined;
        const isRight = found !== undefined && (anchor === undefined || anchorsOf(found).includes(anchor));
        return isRight ? [] : [`${name}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  test("names each of its pages in its index", () => {
    const index = pages.find(({ name }) => name === "docs/README.md")?.text ?? "";
    const files = pages.map(({ name }) => name).filter((name) => name.startsWith("docs/") && name !== "docs/README.md");
    expect(files.filter((name) => !index.includes(`](${name.slice("docs/".length)})`))).toEqual([]);
  });

  test("tells in errors.md of every error class and of no other", () => {
    const text = pages.find(({ name }) => name === "docs/errors.md")?.text ?? "";
    const told = [...text.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].map(([, name, code]) => [name, code]);
    expect(told.sort()).toEqual(errorClasses().sort());
  });

  test("has a page for each diagnostic and for no other, made from the compiler's own tables", () => {
    const written = plainPages.filter(({ name }) => name.startsWith("docs/errors/"));
    const made = new Map(codeNames.map((code) => [`docs/errors/${code}.md`, pageAsMarkdown(explain(code))]));
    made.set("docs/errors/README.md", indexAsMarkdown());
    expect(new Map(written.map(({ name, text }) => [name, text]))).toEqual(made);
  });
});

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** The files of a page in a folder of their own. */
function writePage(name: string, blocks: readonly DocBlock[]): string {
  const folder = join(temporary, name.replace(/\W+/g, "-"));
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const flows = blocks.filter(({ language }) => language === "flow");
  writeFileSync(join(folder, "page.json"), JSON.stringify({ name, flows }));
  for (const [file, text] of modulesOf(blocks, name)) writeFileSync(join(folder, file), text);
  for (const { file, text } of flows) if (file !== undefined) writeFileSync(join(folder, file), `${text}\n`);
  return folder;
}

/** Runs `npx flow …` lines whose output the page tells; `…` in it stands for anything. */
async function checkCommands(page: string, block: DocBlock, folder: string, database: number): Promise<void> {
  const commands = block.text.split("\n").filter((line) => line.startsWith("npx flow "));
  if (block.output === undefined || commands.length === 0) return;
  let output = "";
  for (const command of commands) {
    const args = [
      ...command
        .slice("npx flow ".length)
        .replace(/ +#.*$/, "")
        .matchAll(/'([^']*)'|(\S+)/g),
    ];
    const words = args.map(([, quoted, bare]) => quoted ?? bare ?? "");
    flow.send({ args: words, directory: folder, environment: environment(database) });
    const [said] = (await once(flow, "message")) as { readonly stdout: string; readonly stderr: string }[];
    output += `${said?.stderr}${said?.stdout}`;
  }
  const pattern = block.output.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (new RegExp(`^${pattern.join("[^]*")}$`).test(output.trimEnd())) return;
  throw new Error(`${page}:${block.line} prints:\n${output}`);
}

async function run(
  args: readonly string[],
  cwd: string,
  database: number,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const options = { cwd, timeout: 120_000, env: environment(database) };
  return await promisify(execFile)(process.execPath, args, options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, output: stderr + stdout }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, output: stderr + stdout };
    },
  );
}

/** Name and code of each class of core's errors. */
function errorClasses(): (readonly [string, string])[] {
  return Object.entries(core).flatMap(([name, value]): (readonly [string, string])[] => {
    if (typeof value !== "function" || !(value.prototype instanceof core.UmbelError)) return [];
    const error: unknown = Reflect.construct(value, ["x"]);
    return error instanceof core.UmbelError && name !== "AttemptEnded" ? [[name, error.code]] : [];
  });
}
