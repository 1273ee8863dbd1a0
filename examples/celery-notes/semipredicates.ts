/** User guide, States and semipredicates: `Ignore`, a state of one's own, `Reject`. */
import assert from "node:assert/strict";
import { App, Ignore, Reject } from "umbel";

const app = new App("semipredicates", { broker: "memory:" });
const revoked = new Set<string>();

// def some_task(self): if redis.ismember('tasks.revoked', self.request.id): raise Ignore()
const someTask = app.task({ name: "some", bind: true }, (self, key: string) => {
  if (revoked.has(key)) throw new Ignore();
  return self.request.id;
});

// def get_tweets(self, user): self.update_state(state=states.SUCCESS, meta=timeline); raise Ignore()
const getTweets = app.task({ name: "tweets", bind: true }, (self, user: string): string[] => {
  const timeline = [`hello ${user}`];
  if (!self.request.calledDirectly) void self.updateState("SUCCESS", timeline);
  throw new Ignore();
});

// def render_scene(self, path)
class OutOfMemory extends Error {}
const renderScene = app.task({ name: "render", bind: true, acksLate: true }, (self, path: string) => {
  try {
    if (path.endsWith(".huge")) throw new OutOfMemory("too big");
    if (self.request.retries === 0) throw new Error("disk is busy");
    return `rendered ${path}`;
  } catch (error) {
    // What is too big goes where it can be looked at; anything else is tried again.
    if (error instanceof OutOfMemory) throw new Reject(error.message, { requeue: false });
    self.retry({ exc: error as Error, countdown: "1ms" });
  }
});

export async function main(): Promise<void> {
  revoked.add("a");
  const ignored = await someTask.delay("a");
  assert.equal(await ignored.get(), undefined);
  assert.equal(await ignored.state(), "IGNORED");
  assert.deepEqual(await getTweets.delay("ann").get(), ["hello ann"]);
  assert.equal(await renderScene.delay("a.scene").get(), "rendered a.scene");
  await assert.rejects(renderScene.delay("a.huge").get(), /too big/);
  await app.close();
}
