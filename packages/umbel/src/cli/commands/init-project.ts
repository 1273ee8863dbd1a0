/** `flow init`: the files of a small project. One rule: no file that is there is changed. */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { codeOf, describeSystemError } from "../../broker/system-error.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";
import { readVersion } from "../version.ts";

const TASKS = `import { App } from "umbel";

export const app = new App("shop");

/** The prices of what is in stock. */
const PRICES: Readonly<Record<string, number>> = { mug: 8, pen: 2, lamp: 40 };

/** What an item costs. */
export const price = app.task("price", (item: string) => {
  const found = PRICES[item];
  if (found === undefined) throw new RangeError(\`there is no \${item} in stock\`);
  return found;
});

/** The sum of prices. */
export const total = app.task("total", (prices: number[]) => prices.reduce((sum, each) => sum + each, 0));
`;

const FLOW = `## The price of a basket: all items are priced side by side, then the prices are summed.

import "./tasks.ts"

## What lies in the basket.
param items: list<string> = ["mug", "pen"]

[price(item) for item in items] | total()
`;

const TEST = `import assert from "node:assert/strict";
import { after, test } from "node:test";
import { chord } from "umbel";
import { app, price, total } from "./tasks.ts";

// Everything runs in this process: no Redis, no worker.
app.conf.brokerUrl = "memory:";
after(() => app.close());

test("a basket costs what its items cost", async () => {
  const basket = chord([price.s("mug"), price.s("pen")], total.s());
  assert.equal(await (await basket.delay()).get({ timeout: 10 }), 10);
});

test("what is not in stock has no price", async () => {
  await assert.rejects(price.delay("boat").get({ timeout: 10 }), /no boat in stock/);
});
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2023",
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  }
}
`;

/** Makes the project. @throws UsageError when a file cannot be written */
export async function initProject({ terminal, directory }: CommandContext, dir = "."): Promise<ExitCode> {
  const folder = resolve(directory, dir);
  const files: Readonly<Record<string, string>> = {
    "tasks.ts": TASKS,
    "basket.flow": FLOW,
    "tasks.test.ts": TEST,
    "tsconfig.json": TSCONFIG,
    "package.json": manifest(basename(folder)),
    ".gitignore": "node_modules\n.flow\n",
    ".vscode/settings.json":
      '{\n  "files.associations": { "*.flow": "flow" },\n  "files.exclude": { ".flow": true }\n}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    const isNew = await write(join(folder, name), text);
    terminal.note(`${isNew ? "made " : "kept "} ${relative(directory, join(folder, name))}`);
  }
  const steps = [...(dir === "." ? [] : [`cd ${dir}`]), "npm install", "npm test", "npx flow run basket.flow"];
  terminal.note(`next: ${steps.join(" && ")}`);
  return EXIT.done;
}

function manifest(name: string): string {
  const content = {
    name:
      name
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "") || "shop",
    private: true,
    type: "module",
    scripts: { test: "node --import tsx --test tasks.test.ts", flow: "flow run basket.flow" },
    dependencies: { umbel: readVersion() },
    devDependencies: { "@types/node": "^20.19.0", tsx: "^4.23.0", typescript: "^6.0.0" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** Writes a file that is not there; false when it is. */
async function write(path: string, text: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new UsageError(`cannot write ${path}: ${describeSystemError(error)}`);
  }
}
