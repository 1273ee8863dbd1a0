import { describe, expect, test } from "@jest/globals";
import { App } from "../src/app.ts";
import { AlreadyRegistered, ImproperlyConfigured } from "../src/errors.ts";
import { sharedTask } from "../src/shared-task.ts";
import { isTask, Task } from "../src/task.ts";
import { RecordingEngine } from "./kit/recording-engine.ts";

describe("A3 shared tasks", () => {
  const early = sharedTask("shared.early", (x: number) => x + 1);

  test("are taken into every App, each a task of its own; the current App's is meant", () => {
    const [one, two] = [
      new App("one", {}, () => new RecordingEngine()),
      new App("two", {}, () => new RecordingEngine()),
    ];
    const [first, second] = [one.tasks.get("shared.early"), two.tasks.get("shared.early")];
    expect(first?.app).toBe(one);
    expect(second?.app).toBe(two);
    expect(early.app).toBe(two);
    expect(early(1)).toBe(2);
    expect(early.s(1).data).toEqual({ kind: "task", task: "shared.early", args: [1] });
    expect(isTask(early)).toBe(true);
    const late = sharedTask({ name: "shared.late", queue: "q" }, () => 2);
    expect(one.tasks.get("shared.late")?.options.queue).toBe("q");
    expect(late()).toBe(2);
  });

  test("are not taken before the App is finalized, and then once", () => {
    const app = new App();
    expect(String(app)).toBe("<App without a name: 0 tasks>");
    app.finalize();
    const size = app.tasks.size;
    app.finalize();
    expect(app.tasks.size).toBe(size);
    expect(size).toBeGreaterThan(0);
  });

  test("of a module that is loaded anew are no second task", () => {
    const define = () => sharedTask("shared.anew", (x: number) => x);
    const app = new App();
    const [first, second] = [1, 2].map(define);
    expect(first?.(1)).toBe(1);
    expect(second?.(2)).toBe(2);
    expect(app.tasks.has("shared.anew")).toBe(true);
  });

  test("of a name that the App has are refused", () => {
    const app = new App();
    app.task("shared.early", () => 1);
    expect(() => app.tasks).toThrow(AlreadyRegistered);
  });

  test.each<[what: string, define: () => unknown, message: string]>([
    [
      "without a function",
      () => sharedTask("x", undefined as never),
      'sharedTask needs a function: `sharedTask("add", (x, y) => x + y)`',
    ],
    [
      "of a class",
      () => sharedTask(class A {} as never),
      "sharedTask needs a function, and `A` is a class; give it to `app.registerTask`",
    ],
  ])("%s are refused", (_, define, message) => {
    expect(define).toThrow(new ImproperlyConfigured(message));
  });
});

describe("A7 genTaskName", () => {
  class Short extends App {
    override genTaskName(name: string, module: string | undefined): string {
      return super.genTaskName(name, module?.replace(/\.test$/, ""));
    }
  }
  test("names functions, classes and shared tasks that have no name of their own", () => {
    const app = new Short("main");
    const unnamed = sharedTask(function shared() {
      return 1;
    });
    expect(app.task(function double() {}).name).toBe("shared-task.double");
    expect(app.registerTask(class Login extends Task {}).name).toBe("shared-task.Login");
    expect(app.tasks.has("shared-task.shared")).toBe(true);
    expect(unnamed.name).toBe("shared-task.shared");
    expect(app.task({ name: "explicit" }, () => 1).name).toBe("explicit");
  });
});
