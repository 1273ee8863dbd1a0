import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { App } from "../src/app.ts";
import { CENSORED, censor, censorText, isSecretName } from "../src/censor.ts";
import type { Conf } from "../src/conf.ts";
import { ImproperlyConfigured, OptionError } from "../src/errors.ts";
import { environmentOf, isSettingName, settingNames, settingRows } from "../src/settings.ts";

const variables: string[] = [];

function setVariable(name: string, value: string): void {
  variables.push(name);
  process.env[name] = value;
}

afterEach(() => {
  for (const name of variables.splice(0)) delete process.env[name];
});

describe("A4 settings", () => {
  test("have a table of names, kinds, defaults and lines", () => {
    expect(settingRows().map(({ name }) => name)).toEqual(settingNames);
    for (const row of settingRows()) {
      expect(row.doc).toMatch(/^[A-Z].*\.$/);
      expect(row.environment).toMatch(/^FLOW_[A-Z_]+$/);
    }
  });

  test("are those that the App was made with and the defaults", () => {
    const { conf } = new App("shop", { taskAlwaysEager: true, defaultQueue: "q", broker: "memory:" });
    expect(Object.keys(conf)).toEqual(settingNames);
    expect(conf).toMatchObject({ taskAlwaysEager: true, taskEagerPropagates: false, resultExpires: 86_400 });
    expect(conf).toMatchObject({ taskDefaultQueue: "q", brokerUrl: "memory:" });
    conf.taskAlwaysEager = false;
    conf.update({ taskEagerPropagates: true });
    expect(conf).toMatchObject({ taskAlwaysEager: false, taskEagerPropagates: true });
  });

  test("come from the uppermost layer that says them", () => {
    setVariable("FLOW_WORKER_CONCURRENCY", "4");
    const app = new App("shop", { prefix: "app" });
    const steps: (() => void)[] = [
      () => app.addDefaults({ timezone: "UTC", prefix: "added" }),
      () =>
        app.configFromObject({ timezone: "Asia/Tokyo", prefix: "configured", workerConcurrency: 5, logLevel: "warn" }),
      () => Object.assign(app.conf, { workerConcurrency: 6, logLevel: "debug" }),
    ];
    const seen = [undefined, ...steps].map((step) => {
      step?.();
      const { timezone, prefix, workerConcurrency, logLevel } = app.conf;
      return [timezone, prefix, workerConcurrency, logLevel];
    });
    expect(seen).toEqual([
      [undefined, "app", 4, "info"],
      ["UTC", "app", 4, "info"],
      ["Asia/Tokyo", "app", 4, "warn"],
      ["Asia/Tokyo", "app", 6, "debug"],
    ]);
    expect(
      (["timezone", "prefix", "workerConcurrency", "enableUtc"] as const).map((name) => app.conf.origin(name)),
    ).toEqual(["configuration", "App", "run time", "default"]);
  });

  test("in the environment are read as what they are; the broker's comes before the program's", () => {
    setVariable("FLOW_BROKER", "redis://env");
    setVariable("FLOW_TASK_ALWAYS_EAGER", "on");
    setVariable("FLOW_INCLUDE", "./a.ts, ./b.ts");
    setVariable("FLOW_RESULT_EXPIRES", "10m");
    setVariable("FLOW_PREFIX", " ");
    const { conf } = new App("shop", { broker: "redis://app" });
    expect(conf).toMatchObject({
      taskAlwaysEager: true,
      include: ["./a.ts", "./b.ts"],
      resultExpires: "10m",
      prefix: "umbel",
    });
    conf.brokerUrl = "redis://later";
    expect([conf.brokerUrl, conf.origin("brokerUrl")]).toEqual(["redis://env", "environment"]);
  });

  const app = new App();
  const place = String.raw` \(.*/core/test/conf\.test\.ts:\d+:\d+\)`;
  test.each<[what: string, change: () => unknown, message: string]>([
    [
      "an unknown key",
      () => Object.assign(app.conf, { taskAlwaysEagr: true }),
      "unknown setting `taskAlwaysEagr` of App; did you mean `taskAlwaysEager`?",
    ],
    [
      "an unknown key that is set",
      () => {
        (app.conf as unknown as Record<string, unknown>).timezon = "UTC";
      },
      "unknown setting `timezon` of AppPLACE; did you mean `timezone`?",
    ],
    [
      "an unknown key among others",
      () => app.conf.update({ enableUtc: false, eager: true } as object),
      "unknown setting `eager` of AppPLACE",
    ],
    [
      "Celery's spelling of a key",
      () => app.conf.update({ task_always_eager: true } as object),
      "unknown setting `task_always_eager` of AppPLACE; did you mean `taskAlwaysEager`?",
    ],
    [
      "an unknown key when it is made",
      () => new App("shop", { taskAlwaysEagre: true } as object),
      "unknown option `taskAlwaysEagre` of AppPLACE; did you mean `taskAlwaysEager`?",
    ],
    [
      "an unknown key of a configuration",
      () => app.configFromObject({ timezon: "UTC" }),
      "unknown setting `timezon` of AppPLACE; did you mean `timezone`?",
    ],
    [
      "an unknown key of defaults",
      () => app.addDefaults({ timezon: "UTC" } as object),
      "unknown setting `timezon` of AppPLACE; did you mean `timezone`?",
    ],
    [
      "a wrong flag",
      () => app.conf.update({ enableUtc: "yes" as never }),
      'setting `enableUtc`PLACE must be true or false; got "yes"',
    ],
    [
      "a wrong text",
      () => app.conf.update({ prefix: "" }),
      'setting `prefix`PLACE must be text that is not empty; got ""',
    ],
    [
      "a wrong list",
      () => app.conf.update({ include: "./a.ts" as never }),
      'setting `include`PLACE must be a list of texts; got "./a.ts"',
    ],
    [
      "a wrong length of time",
      () => app.conf.update({ resultExpires: "soon" }),
      'setting `resultExpires`PLACE must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got "soon"',
    ],
    [
      "a wrong number",
      () => app.conf.update({ workerConcurrency: 0 }),
      "setting `workerConcurrency`PLACE must be a whole number of at least 1; got 0",
    ],
    [
      "a wrong time zone",
      () => app.conf.update({ timezone: "Mars" }),
      'setting `timezone`PLACE must be a time zone such as "Europe/London"; got "Mars"',
    ],
    [
      "a wrong word",
      () => app.conf.update({ logFormat: "xml" as never }),
      'setting `logFormat`PLACE must be one of "auto", "pretty", "json"; got "xml"',
    ],
    [
      "a deletion",
      () => Reflect.deleteProperty(app.conf, "enableUtc"),
      "the setting `enableUtc` cannot be deleted; set it to another value",
    ],
  ])("%s is refused, and changes nothing", (_, change, message) => {
    const before = { ...app.conf };
    expect(change).toThrow(OptionError);
    const pattern = message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace("PLACE", place);
    expect(change).toThrow(new RegExp(`^${pattern}$`));
    expect({ ...app.conf }).toEqual(before);
  });

  test("of a wrong value in the environment are refused, without telling a secret", () => {
    setVariable("FLOW_WORKER_CONCURRENCY", "many");
    expect(() => new App()).toThrow(
      new OptionError(
        'the environment variable FLOW_WORKER_CONCURRENCY (setting `workerConcurrency`) must be a whole number of at least 1; got "many"',
      ),
    );
  });
});

describe("A5 a configuration", () => {
  // biome-ignore lint/complexity/noStaticOnlyClass: it is what Celery's users write
  class Base {
    static timezone = "Europe/London";
  }
  class Config extends Base {
    static enableUtc = false;
  }
  const wanted = { enableUtc: false, timezone: "Europe/London" };
  test.each<[what: string, source: object]>([
    ["an object", wanted],
    ["a class", Config],
    [
      "an instance",
      new (class {
        enableUtc = false;
        get timezone() {
          return "Europe/London";
        }
      })(),
    ],
    ["a module", Object.assign(Object.create(null), wanted)],
    ["a module with a default export", Object.assign(Object.create(null), { default: wanted, other: 1 })],
  ])("is taken from %s", (_, source) => {
    const app = new App();
    app.configFromObject(source);
    expect(app.conf).toMatchObject(wanted);
    expect(app.conf.origin("timezone")).toBe("configuration");
  });

  test("forgets what was configured and changed before, and not what the App was made with", () => {
    const app = new App("shop", { prefix: "made" });
    app.addDefaults({ logLevel: "warn" });
    app.configFromObject({ timezone: "UTC" });
    app.conf.enableUtc = false;
    app.configFromObject({ prefix: "configured" });
    expect(app.conf).toMatchObject({ timezone: undefined, enableUtc: true, prefix: "made", logLevel: "warn" });
    app.conf.enableUtc = false;
    expect(app.conf.enableUtc).toBe(false);
  });

  test("that is wrong changes nothing", () => {
    const app = new App();
    app.conf.enableUtc = false;
    expect(() => app.configFromObject({ timezone: "UTC", prefx: "x" })).toThrow(OptionError);
    expect(app.conf).toMatchObject({ timezone: undefined, enableUtc: false });
  });

  test("by an environment variable that is not set is an error, or nothing where that is asked for", async () => {
    const app = new App();
    await expect(app.configFromEnvvar("UMBEL_TEST_NO_SUCH")).rejects.toThrow(
      new ImproperlyConfigured(
        "the environment variable UMBEL_TEST_NO_SUCH is not set; let it name a module, such as UMBEL_TEST_NO_SUCH=./config.ts",
      ),
    );
    expect(await app.configFromEnvvar("UMBEL_TEST_NO_SUCH", { silent: true })).toBe(false);
  });
});

describe("A6 settings in print", () => {
  const print: readonly (readonly [string, (conf: Conf) => string])[] = [
    ["humanize", (conf) => conf.humanize({ withDefaults: true })],
    ["table", (conf) => JSON.stringify(conf.table({ withDefaults: true }))],
    ["inspect", (conf) => inspect(conf, { depth: 9 })],
    [
      "inspect of the App",
      (conf) => inspect({ app: new App("shop", { broker: String(conf.brokerUrl) }) }, { depth: 9, showHidden: true }),
    ],
  ];

  test("are what was said, or all, sorted", () => {
    const { conf } = new App("shop", { prefix: "p", broker: "redis://ann:secret@h:1/0", enableUtc: false });
    expect(conf.humanize()).toBe(`brokerUrl: "redis://ann:${CENSORED}@h:1/0"\nenableUtc: false\nprefix: "p"`);
    expect(conf.humanize({ censored: false })).toContain("redis://ann:secret@h:1/0");
    expect(conf.table()).toEqual({ brokerUrl: `redis://ann:${CENSORED}@h:1/0`, enableUtc: false, prefix: "p" });
    expect(Object.keys(conf.table({ withDefaults: true }))).toEqual([...settingNames].sort());
  });

  describe.each(print)("by %s", (_, show) => {
    test.each([
      "redis://:hunter2@h",
      "redis://ann:hunter2@h:6379/1",
      "rediss://ann:p@hunter2@h",
      "redis://ann:p/hunter2@h",
      "redis://hunter2@h",
      "redis+sentinel://:hunter2@a:1,b:2/name",
      "redis://h?password=hunter2&db=1",
      "redis://h?db=1;auth_token=hunter2",
    ])("never tell the password of %s", (broker) => {
      expect(show(new App("shop", { broker }).conf)).not.toContain("hunter2");
    });
  });

  test.each<[what: string, value: unknown]>([
    ["a password in an object", { redis: { password: "hunter2" } }],
    ["a token in a list in an object", [{ hooks: [{ apiToken: "hunter2" }] }]],
    ["an object behind a secret's name", { credentials: { user: "ann", word: "hunter2" } }],
    ["a header", { headers: { Authorization: "Bearer hunter2", "x-api-key": "hunter2" } }],
    ["a header in text", "Authorization: Bearer hunter2"],
    ["a map", new Map([["API_KEY", "hunter2"]])],
    ["a set of URLs", new Set(["amqp://ann:hunter2@h//"])],
    ["a URL object", { url: new URL("https://ann:hunter2@example.com/") }],
    ["an error", { last: new Error("cannot reach redis://:hunter2@h") }],
    ["JSON in text", '{"db": {"password": "hunter2", "n": 1}}'],
    ["a connection string", "Server=h;Password=hunter2;Timeout=3"],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----"],
    [
      "an object of a class",
      {
        connection: new (class Redis {
          password = "hunter2";
        })(),
      },
    ],
    ["a number", { secret: 42, pin_token: 42 }],
  ])("hide %s", (_, value) => {
    const shown = inspect(censor(value), { depth: 9 });
    expect(shown).not.toMatch(/hunter2|42/);
  });

  test("leave what is no secret as it is", () => {
    const value = {
      routingKey: "a.b",
      keyPrefix: "p",
      tasks: [{ queue: "hipri", rateLimit: "10/m" }],
      on: true,
      at: null,
    };
    expect(censor(value)).toEqual(value);
    expect(censorText("tasks.add takes (x, y): see https://example.com/a?b=c")).toBe(
      "tasks.add takes (x, y): see https://example.com/a?b=c",
    );
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(censor(circle)).toEqual({ self: "<circular>" });
  });

  test("hide a password in any URL, and are the same when hidden twice", () => {
    const password = fc.stringMatching(/^[!-~]{4,12}$/).filter((text) => !/["'<>]/.test(text));
    fc.assert(
      fc.property(
        password,
        fc.stringMatching(/^[a-z]{1,5}$/).filter((user) => !isSecretName(user)),
        (secret, user) => {
          const hidden = censorText(`redis://${user}:${secret}@host:6379/0`);
          expect(hidden).toBe(`redis://${user}:${CENSORED}@host:6379/0`);
          expect(censorText(hidden)).toBe(hidden);
        },
      ),
    );
  });
});

test("A4 each setting has a variable of its own", () => {
  const names = settingNames.filter(isSettingName).map(environmentOf);
  expect(new Set(names).size).toBe(names.length);
});
