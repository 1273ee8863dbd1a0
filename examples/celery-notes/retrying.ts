/** User guide, Retrying: by hand, with a delay of its own, and by itself for known errors. */
import assert from "node:assert/strict";
import { App } from "umbel";

class FailWhaleError extends Error {
  override name = "FailWhaleError";
}

const app = new App("retrying", { broker: "memory:" });
const tweets: string[] = [];

// @app.task(bind=True) def send_twitter_status(self, oauth, tweet)
const sendTwitterStatus = app.task({ name: "send", bind: true, defaultRetryDelay: 0.001 }, (self, tweet: string) => {
  try {
    if (self.request.retries < 2) throw new FailWhaleError("over capacity");
    tweets.push(tweet);
    return self.request.retries;
  } catch (error) {
    if (error instanceof FailWhaleError) self.retry({ exc: error });
    throw error;
  }
});

// @app.task(bind=True, default_retry_delay=30 * 60): the countdown comes first
const soon = app.task({ name: "soon", bind: true, defaultRetryDelay: 30 * 60 }, (self) => {
  if (self.request.retries === 0) self.retry({ countdown: "1ms" });
  return "done";
});

// @app.task(autoretry_for=(FailWhaleError,))
let refreshed = 0;
const refreshTimeline = app.task(
  { name: "refresh", autoretryFor: [FailWhaleError], retryKwargs: { countdown: "1ms" } },
  () => {
    refreshed += 1;
    if (refreshed < 3) throw new FailWhaleError("over capacity");
    return refreshed;
  },
);

export async function main(): Promise<void> {
  assert.equal(await sendTwitterStatus.delay("hello").get(), 2);
  assert.deepEqual(tweets, ["hello"]);
  assert.equal(await soon.delay().get(), "done");
  assert.equal(await refreshTimeline.delay().get(), 3);
  await app.close();
}
