import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const folder = join(import.meta.dirname, "../../../examples/celery-notes");
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "celeryconfig.ts");

test.each(files)("the notes' samples in examples/celery-notes/%s hold", async (file) => {
  const { main } = (await import(join(folder, file))) as { readonly main: () => Promise<void> };
  await expect(main()).resolves.toBeUndefined();
});
