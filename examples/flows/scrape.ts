import { app } from "./app.ts";

async function read(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return await response.text();
}

export const links = app.task("scrape.links", async (url: string) =>
  [...(await read(url)).matchAll(/href='([^']+)'/g)].map(([, path]) => new URL(path ?? "", url).href),
);

export const page = app.task("scrape.page", async (url: string) => ({
  path: new URL(url).pathname,
  text: await read(url),
}));

export const title = app.task("scrape.title", ({ path, text }: { path: string; text: string }) => ({
  path,
  title: /<title>([^<]*)/.exec(text)?.[1] ?? "",
}));

export const contents = app.task("scrape.contents", (pages: { path: string; title: string }[]) =>
  pages.map(({ path, title: name }) => `${name} (${path})`),
);
