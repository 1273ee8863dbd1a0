import { describe, expect, test } from "@jest/globals";
import { App, getTaskLogger, type TaskLogger } from "../src/index.ts";

/** Notes lines. */
class Lines {
  readonly text: string[] = [];
  readonly isTTY: boolean;
  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }
  write(line: string): void {
    this.text.push(line);
  }
  get json(): Record<string, unknown>[] {
    return this.text.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

function logInTask(app: App, logger: TaskLogger) {
  return app.task("log", async (word: string) => {
    await Promise.resolve();
    logger.info({ word }, "working");
    return word;
  });
}

describe("T7 getTaskLogger", () => {
  test("tells the task and its id on every line, and neither outside of one", async () => {
    const lines = new Lines();
    const logger = getTaskLogger("shop", { stream: lines });
    const task = logInTask(new App("shop"), logger);
    const results = await Promise.all([task.apply(["a"]), task.apply(["b"])]);
    logger.warn("outside");
    const ids: Record<string, string> = Object.fromEntries(
      results.map(({ id }, index) => [index === 0 ? "a" : "b", id]),
    );
    const [first, second, last] = lines.json;
    for (const line of [first, second]) {
      expect(line).toMatchObject({
        level: "info",
        name: "shop",
        task: "log",
        msg: "working",
        taskId: ids[String(line?.word)],
      });
      expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    }
    expect(last).toMatchObject({ level: "warn", msg: "outside" });
    expect(last).not.toHaveProperty("taskId");
  });

  test("is laid out for people on a terminal, in the App's time zone", async () => {
    process.env.NO_COLOR = "1";
    const lines = new Lines(true);
    const app = new App("shop", { timezone: "Asia/Tokyo" });
    const task = logInTask(app, getTaskLogger("shop", { stream: lines }));
    await task.apply(["a"]);
    delete process.env.NO_COLOR;
    const text = lines.text.join("");
    expect(text).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO \(shop\): working\n/);
    expect(text).toMatch(/\n {4}task: "log"\n {4}taskId: "[\da-f-]{36}"\n/);
    const hour = Number(/ (\d\d):/.exec(text)?.[1]);
    expect([(new Date().getUTCHours() + 9) % 24, (new Date().getUTCHours() + 8) % 24]).toContain(hour);
  });

  test.each<[what: string, log: (logger: TaskLogger) => void]>([
    ["a field", (logger) => logger.info({ user: { password: "hunter2" } }, "hello")],
    ["a header", (logger) => logger.info({ headers: { authorization: "Bearer hunter2" } })],
    ["a URL in text", (logger) => logger.info("connecting to redis://:hunter2@h")],
    ["a URL in a field", (logger) => logger.info({ url: "redis://ann:hunter2@h" })],
    ["an error", (logger) => logger.error({ err: new Error("no redis://:hunter2@h") }, "failed")],
    ["an error alone", (logger) => logger.error(new Error("no redis://:hunter2@h"))],
    ["a child's field", (logger) => logger.child({ token: "hunter2" }).info("hello")],
  ])("hides a secret in %s, as JSON and for people", (_, log) => {
    for (const isTTY of [false, true]) {
      const lines = new Lines(isTTY);
      log(getTaskLogger("shop", { stream: lines }));
      expect(lines.text.length).toBeGreaterThan(0);
      expect(lines.text.join("")).not.toContain("hunter2");
    }
  });

  test("writes from the level and in the format that the App says, also when they change", () => {
    const app = new App("shop", { logLevel: "warn" });
    const lines = new Lines(true);
    const logger = getTaskLogger("shop", { stream: lines });
    app.conf.logFormat = "json";
    logger.info("too little");
    logger.warn("enough");
    app.conf.logLevel = "debug";
    logger.debug("now");
    app.conf.logLevel = "silent";
    logger.fatal("nothing");
    expect(lines.json.map(({ msg }) => msg)).toEqual(["enough", "now"]);
  });

  test("has children with fields of their own", () => {
    new App("shop");
    const lines = new Lines();
    getTaskLogger("shop", { stream: lines }).child({ order: 1 }).child({ item: "tea" }).info("packed");
    expect(lines.json[0]).toMatchObject({ order: 1, item: "tea", msg: "packed" });
  });
});
