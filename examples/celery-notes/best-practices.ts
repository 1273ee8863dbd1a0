/** User guide, Tips: a chain instead of tasks that wait for one another. */
import assert from "node:assert/strict";
import { App, chain } from "umbel";

const app = new App("tips", { broker: "memory:" });
const pages = new Map<string, string>();

const fetchPage = app.task("fetchPage", (url: string) => `<p>${url}</p>`);
const parsePage = app.task("parsePage", (page: string) => page.replace(/<\/?p>/g, ""));
const storePageInfo = app.task("storePageInfo", (info: string, url: string) => void pages.set(url, info));

// Bad: update_page_info waits within a task. It is refused, before it can block a worker for ever.
const waiting = app.task("waiting", async (url: string) => await fetchPage.delay(url).get());

// fetch_page.s(url) | parse_page.s() | store_page_info.s(url)
const updatePageInfo = (url: string) => chain(fetchPage.s(url), parsePage.s(), storePageInfo.s(url)).delay();

export async function main(): Promise<void> {
  await updatePageInfo("example.com").get();
  assert.equal(pages.get("example.com"), "example.com");
  await assert.rejects(waiting.delay("example.com").get(), { name: "SynchronousSubtaskError" });
  await app.close();
}
