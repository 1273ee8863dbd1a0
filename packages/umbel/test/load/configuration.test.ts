import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { App } from "../../src/index.ts";

const folder = mkdtempSync(join(import.meta.dirname, ".tmp-configuration-"));
const file = join(folder, "config.mjs");
writeFileSync(file, 'export const timezone = "Asia/Tokyo"; export const resultExpires = 60;');
const choices = join(folder, "choices.mjs");
writeFileSync(
  choices,
  'export default { timezone: "UTC" }; export class Production { static timezone = "Europe/Paris"; }',
);
const wrong = join(folder, "wrong.mjs");
writeFileSync(wrong, 'export const timezon = "UTC";');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("A5 the module of a configuration", () => {
  test.each([
    ["all of its exports", file, "Asia/Tokyo"],
    ["its default export", choices, "UTC"],
    ["the export that is named", `${choices}:Production`, "Europe/Paris"],
  ])("gives %s", async (_, path, timezone) => {
    const app = new App();
    await app.configFromObject(path);
    expect(app.conf.timezone).toBe(timezone);
  });

  test("is found from the module that asks", async () => {
    const app = new App();
    const name = folder.slice(import.meta.dirname.length + 1);
    await app.configFromObject(`./${name}/config.mjs`);
    expect(app.conf.resultExpires).toBe(60);
  });

  test("is named by an environment variable, from the current folder", async () => {
    process.env.UMBEL_TEST_CONFIG = choices;
    const app = new App();
    app.conf.enableUtc = false;
    expect(await app.configFromEnvvar("UMBEL_TEST_CONFIG")).toBe(true);
    expect(app.conf).toMatchObject({ timezone: "UTC", enableUtc: true });
    delete process.env.UMBEL_TEST_CONFIG;
  });

  test.each([
    ["a wrong setting", wrong, /^unknown setting `timezon` of App \(.*wrong\.mjs\); did you mean `timezone`\?$/],
    [
      "no such export",
      `${choices}:Prodction`,
      /^.*choices\.mjs has no export `Prodction` that is an object or a class; did you mean `Production`\?$/,
    ],
    ["no such file", "./confi.mjs", /^"\.\/confi\.mjs" does not exist/],
  ])("with %s is refused, and changes nothing", async (_, path, message) => {
    const app = new App();
    app.conf.timezone = "UTC";
    await expect(app.configFromObject(path)).rejects.toThrow(message);
    expect(app.conf.timezone).toBe("UTC");
  });
});
