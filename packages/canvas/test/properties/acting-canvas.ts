/**
 * Random canvases whose tasks do something that can be told apart. One rule: each task has a key that no other has, and
 * its value tells the key and what it was given.
 */
import { createHash } from "node:crypto";
import { App, bindSignature, parseSignature, type SignatureData } from "@umbel/core";
import { Chance } from "../../src/engine/memory/chance.ts";

/** What a task does. */
type Deed = "value" | "fail" | "retry" | "replace" | "each";

/** Gives the tasks of a canvas keys and something to do. @param seed draws what they do */
export function giveDeeds(data: SignatureData, seed: number): SignatureData {
  const chance = new Chance(seed);
  let keys = 0;
  const deed = (): Deed => {
    const drawn = chance.next();
    if (drawn < 0.12) return "fail";
    if (drawn < 0.24) return "retry";
    if (drawn < 0.32) return "replace";
    return drawn < 0.38 ? "each" : "value";
  };
  const act = (does: Deed): SignatureData & { kind: "task" } => {
    keys += 1;
    return { kind: "task", task: "act", kwargs: { key: `k${keys}`, does } };
  };
  const dress = (canvas: SignatureData): SignatureData => {
    switch (canvas.kind) {
      case "chain":
        return { ...canvas, steps: canvas.steps.map(dress) };
      case "group":
        return { ...canvas, members: canvas.members.map(dress) };
      case "chord":
        return {
          ...canvas,
          header: { ...canvas.header, members: canvas.header.members.map(dress) },
          body: dress(canvas.body),
        };
      default:
        return dressTask(canvas);
    }
  };
  const member = (): SignatureData =>
    chance.happens(0.7)
      ? act(chance.happens(0.2) ? "fail" : "value")
      : { kind: "chain", steps: [act("value"), act("retry")] };
  const limit = (): { limit?: number } => (chance.happens(0.5) ? { limit: chance.happens(0.5) ? 1 : 2 } : {});
  const dressTask = (canvas: SignatureData): SignatureData => {
    const { link = [], linkError = [] } = canvas.options ?? {};
    const callbacks = { options: { link: link.map(dress), linkError: linkError.map(dress) } };
    const does = deed();
    if (does === "each")
      return { kind: "each", member: member(), ...limit(), args: [[1, 2, 3]], immutable: true, ...callbacks };
    if (does !== "replace") return { ...act(does), ...callbacks };
    const by: SignatureData = chance.happens(0.5)
      ? { kind: "chain", steps: [act("value"), act(chance.happens(0.3) ? "fail" : "value")] }
      : { kind: "group", members: [act("value"), act("retry")] };
    const replaced = act("replace");
    return { ...replaced, kwargs: { ...replaced.kwargs, by }, ...callbacks };
  };
  return dress(data);
}

/** What a task is told beside its arguments. */
interface ActOptions {
  readonly key: string;
  readonly does: Deed;
  readonly by?: unknown;
}

/** An App with the task `act`, and how often it ran for each key. @param isHealed whether what fails does so no more */
export function actingApp(isHealed: () => boolean = () => false): {
  readonly app: App;
  readonly ran: Map<string, number>;
} {
  const app = new App("properties");
  const ran = new Map<string, number>();
  app.task(
    { name: "act", bind: true, params: ["*args", "key", "does", "by?"] },
    (self, args: unknown[], { key, does, by }: ActOptions) => {
      ran.set(key, (ran.get(key) ?? 0) + 1);
      if (does === "fail" && !isHealed()) throw new RangeError(`${key} failed`);
      if (does === "retry" && self.request.retries === 0) return self.retry({ countdown: 0.02, maxRetries: 1 });
      if (does === "replace") return self.replace(bindSignature(parseSignature(by), app));
      return `${key}:${digest(args)}`;
    },
  );
  return { app, ran };
}

/** What was given, in few letters; ids differ from run to run. */
function digest(args: readonly unknown[]): string {
  const text = JSON.stringify(args, (_name, value: unknown) =>
    typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value) ? "id" : value,
  );
  return createHash("sha1").update(text).digest("hex").slice(0, 8);
}
