/** User guide, Tips: results that nobody wants, and a chain instead of tasks that wait for one another. */
import assert from "node:assert/strict";
import { App, chain } from "umbel";

const app = new App("tips", { broker: "memory:" });
const pages = new Map<string, string>();

const fetchPage = app.task("fetchPage", (url: string) => `<p>${url}</p>`);
const parsePage = app.task("parsePage", (page: string) => page.replace(/<\/?p>/g, ""));
// @app.task(ignore_result=True) def store_page_info(info, url)
const storePageInfo = app.task({ name: "storePageInfo", ignoreResult: true }, (info: string, url: string) => {
  pages.set(url, info);
  return "nobody wants it";
});
const mytask = app.task("mytask", (x: number, y: number) => x + y);

// Bad: update_page_info waits within a task. It is refused, before it can block a worker for ever.
const waiting = app.task("waiting", async (url: string) => await fetchPage.delay(url).get());

// fetch_page.s(url) | parse_page.s() | store_page_info.s(url)
const updatePageInfo = (url: string) => chain(fetchPage.s(url), parsePage.s(), storePageInfo.s(url)).delay();

export async function main(): Promise<void> {
  // >>> result = mytask.apply_async((1, 2), ignore_result=True); print result.get()  # -> None
  assert.equal(await mytask.applyAsync([1, 2], { ignoreResult: true }).get(), undefined);
  // >>> result = mytask.apply_async((1, 2), ignore_result=False); print result.get()  # -> 3
  assert.equal(await mytask.applyAsync([1, 2], { ignoreResult: false }).get(), 3);

  assert.equal(await updatePageInfo("example.com").get(), undefined);
  assert.equal(pages.get("example.com"), "example.com");
  await assert.rejects(waiting.delay("example.com").get(), { name: "SynchronousSubtaskError" });
  await app.close();
}
