/** A little site for scrape.flow: `npx tsx examples/flows/site.ts` serves it until Ctrl-C. */
import { createServer, type Server } from "node:http";
import { pathToFileURL } from "node:url";

const PAGES: Readonly<Record<string, string>> = {
  "/": "<title>Home</title> <a href='/ships'>ships</a> <a href='/tides'>tides</a> <a href='/lamps'>lamps</a>",
  "/ships": "<title>Ships</title> All that sail by.",
  "/tides": "<title>Tides</title> High and low.",
  "/lamps": "<title>Lamps</title> One is lit.",
};

/** Makes a server of the site. */
export function makeSite(): Server {
  return createServer((request, response) => {
    const page = PAGES[request.url ?? "/"];
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" });
    response.end(page ?? "");
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  makeSite().listen(8421, "127.0.0.1", () => console.log("http://127.0.0.1:8421"));
}
