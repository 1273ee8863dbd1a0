/** User guide, Application: main name, registry, configuration, laziness, breaking the chain. */
import assert from "node:assert/strict";
import { App, appOrDefault, currentApp } from "umbel";
import * as celeryconfig from "./celeryconfig.ts";

// >>> app = Celery(); add; app.tasks['__main__.add']
const app = new App(undefined, { broker: "memory:" });
const add = app.task(function add(x: number, y: number) {
  return x + y;
});

// Bad practice: it takes whatever App is the current one.
class CurrentScheduler {
  run(): App {
    return currentApp();
  }
}

// Better: it is given the App.
class Scheduler {
  readonly app: App;
  constructor(given?: App) {
    this.app = appOrDefault(given);
  }
}

export async function main(): Promise<void> {
  assert.equal(String(app), "<App without a name: 1 tasks>");
  assert.equal(add.name, "application.add");
  assert.equal(String(add), "<Task application.add>");
  assert.equal(app.tasks.get("application.add"), add);

  // app.conf.enable_utc = True; app.conf.update(...)
  app.conf.enableUtc = true;
  app.conf.update({ enableUtc: true, timezone: "Europe/London" });

  // 1. config_from_object by name  2. by an imported module  3. by a class  4. by an environment variable
  const { timezone } = celeryconfig;
  app.configFromObject(celeryconfig);
  assert.equal(app.conf.timezone, timezone);
  const config = { enableUtc: true, timezone: "Europe/Paris" };
  app.configFromObject(config);
  assert.equal(app.conf.timezone, "Europe/Paris");
  assert.equal(await app.configFromEnvvar("CELERY_CONFIG_MODULE", { silent: true }), false);

  // app.conf.humanize(with_defaults=False, censored=True); app.conf.table(...)
  const secret = new App("secret", { include: ["https://ann:word@example.com/tasks.js"], setAsCurrent: false });
  assert.doesNotMatch(secret.conf.humanize({ withDefaults: false, censored: true }), /:word@/);
  assert.deepEqual(secret.conf.table().include, ["https://ann:********@example.com/tasks.js"]);

  // Making an App opens nothing; app.finalize() takes shared tasks and opens nothing either.
  app.finalize();

  const other = new App("other", { setAsCurrent: false });
  assert.equal(new Scheduler(other).app, other);
  assert.equal(new Scheduler().app, new CurrentScheduler().run());
  await app.close();
}
