/**
 * Runs the code of pages of the guide, one after another: `doc-page.ts FIRST-DATABASE FOLDER…`. Prints a line of JSON for
 * each. One rule: a page's `tasks.ts` is served by a worker here, as `flow worker -A tasks.ts` would, so that a page may
 * simply ask for results.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { type AnyTask, type App, isApp } from "@umbel/core";
import { check, compile, type Diagnostic, importsOf, type Resolver, renderDiagnostics } from "@umbel/dsl";
import type { DocBlock } from "./doc-blocks.ts";
import { readValue, SCRIPT } from "./doc-blocks.ts";
import { testRedisUrl } from "./test-redis.ts";

/** What `page.json` of the folder holds. */
export interface DocPage {
  readonly name: string;
  readonly flows: readonly DocBlock[];
}

/** What a page came to: a line for each thing that it says wrongly. */
export interface DocReport {
  readonly name: string;
  readonly wrong: readonly string[];
}

/** How long a statement may take. */
const PATIENCE_MS = 30_000;

Object.assign(globalThis, { expectValue, expectError });
const [, , database = "0", ...folders] = process.argv;
let folder = "";
let page: DocPage = { name: "", flows: [] };
let app: App | undefined;
/** What the page says wrongly; all of it is told, not only the first. */
let wrong: string[] = [];
for (const [position, path] of folders.entries()) {
  folder = path;
  page = JSON.parse(readFileSync(join(folder, "page.json"), "utf8")) as DocPage;
  wrong = [];
  // A database for each page: nobody else's worker takes its tasks.
  process.env.FLOW_BROKER = `${testRedisUrl()}?db=${Number(database) + position}`;
  await runPage().catch((error: unknown) => wrong.push(error instanceof Error ? String(error.stack) : String(error)));
  console.log(JSON.stringify({ name: page.name, wrong } satisfies DocReport));
}

async function runPage(): Promise<void> {
  app = await loadApp("");
  // The worker's is another copy of the App, with an engine of its own, as in another process.
  const served = await loadApp("?worker");
  const worker =
    served?.engine instanceof CanvasEngine
      ? await startWorker(served, served.engine, { queues: queuesOf(served) })
      : undefined;
  try {
    if (existsSync(join(folder, SCRIPT))) await import(pathToFileURL(join(folder, SCRIPT)).href);
    for (const flow of page.flows) await checkFlow(flow);
  } finally {
    await worker?.close({ force: true });
    await Promise.all([app?.close(), served?.close()]);
  }
}

async function loadApp(query: string): Promise<App | undefined> {
  const file = join(folder, "tasks.ts");
  if (!existsSync(file)) return undefined;
  const exports = (await import(pathToFileURL(file).href + query)) as Record<string, unknown>;
  return Object.values(exports).find(isApp);
}

function queuesOf({ tasks, conf }: App): string[] {
  return [...new Set([...tasks.values()].map((task) => task.options.queue ?? conf.taskDefaultQueue))];
}

async function expectValue(run: () => Promise<unknown>, expected: unknown, place: string): Promise<void> {
  try {
    const value = await inTime(run());
    if (!isDeepStrictEqual(value, expected)) wrong.push(`${place} says ${show(expected)}; it is ${show(value)}`);
  } catch (error) {
    wrong.push(`${place} says ${show(expected)}; it throws ${String(error)}`);
  }
}

async function expectError(run: () => Promise<unknown>, name: string, text: string, place: string): Promise<void> {
  try {
    wrong.push(`${place} says that it throws ${name}; it gives ${show(await inTime(run()))}`);
  } catch (error) {
    const shown = String(error);
    if (!shown.startsWith(text === "" ? name : `${name}: `) || !shown.includes(text)) {
      wrong.push(`${place} says that it throws ${name}: ${text}; it throws ${shown}`);
    }
  }
}

async function inTime(value: Promise<unknown>): Promise<unknown> {
  const late = setTimeout(PATIENCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`it is not there after ${PATIENCE_MS} ms`);
  });
  return await Promise.race([value, late]);
}

/** A flow must compile, or say what the page says; one that ends in `# value` is run. */
async function checkFlow(flow: DocBlock): Promise<void> {
  const file = flow.file ?? "example.flow";
  const place = `${page.name}:${flow.line}`;
  // Messages count from the block's own first line, as they would in a file.
  const options = { file, resolver: resolverFor(flow.text, file) };
  const { diagnostics } = check(flow.text, options);
  const screen = renderDiagnostics(diagnostics, { [file]: flow.text }).replace(/\n+[^\n]*\n$/, "");
  if (flow.marks.includes("error")) return expectDiagnostics(flow, diagnostics, screen, place);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    wrong.push(`${place} does not compile:\n${screen}`);
    return;
  }
  const [, comment] = / # (.+)$/.exec(flow.text.split("\n").at(-1) ?? "") ?? [];
  const value = comment === undefined ? undefined : readValue(comment);
  const sender = app;
  if (value === undefined || sender === undefined) return;
  const { signature } = compile(flow.text, options);
  const expected: unknown = JSON.parse(value);
  await expectValue(async () => await sender.signature(signature).delay().get(), expected, place);
}

function expectDiagnostics(flow: DocBlock, diagnostics: readonly Diagnostic[], screen: string, place: string): void {
  const codes = diagnostics.map(({ code }) => code);
  const missing = flow.marks.filter((mark) => /^[EW]\d+$/.test(mark) && !codes.some((code) => code === mark));
  if (diagnostics.length === 0 || missing.length > 0) {
    wrong.push(`${place} should have ${missing.join(", ")} errors; it has:\n${screen}`);
  }
  if (flow.output !== undefined && flow.output !== screen) wrong.push(`${place} prints:\n${screen}`);
}

function resolverFor(text: string, file: string): Resolver {
  const tasks: ReadonlyMap<string, AnyTask> = app?.tasks ?? new Map();
  // As `flow` does: tasks are known without an import where nothing is imported.
  const bare = importsOf(text, file).length === 0 ? tasks : new Map<string, AnyTask>();
  return {
    task: (name) => bare.get(name),
    taskNames: () => bare.keys(),
    import: (specifier) => {
      if (specifier === "./tasks.ts") return { kind: "tasks", tasks: [...tasks.values()] };
      const imported = page.flows.find((flow) => specifier === `./${flow.file}`);
      if (imported?.file === undefined) return { kind: "failed", reason: "the page has no such file" };
      return { kind: "flow", file: imported.file, text: imported.text };
    },
  };
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
