/**
 * `npm run test:screens`: looks at the report of a run in a headless Chromium, at three sizes and in both colour schemes: nothing is
 * wider than the window, nothing fails, nothing is asked of the network, the graph and all rows are seen, and the search works. Pictures
 * for people are left in a folder. Apart from `npm test`, since it needs Debian's package `chromium` or another Chromium.
 */
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

const SIZES = [
  [1280, 900],
  [800, 600],
  [500, 800],
];

const TASKS = `import { App } from "umbel";

const app = new App("screens");
const tried = new Set();
export const list = app.task("list", (count) => Array.from({ length: count }, (_, index) => index));
export const score = app.task({ name: "score", retries: 2, retryBackoff: 0.02, retryJitter: false }, (x) => {
  if (x % 5 === 0 && !tried.has(x)) {
    tried.add(x);
    throw new Error("not yet");
  }
  return { x, text: "<b>no markup</b> " + "long ".repeat(x * 5) };
});
export const report = app.task("report", (scores) => {
  throw new RangeError("no report of " + scores.length + " <script>alert(1)</script>");
});
`;

/** Appended to a copy of the page: says what a window of this size sees. */
const LOOK = `<script>{
const field = document.getElementById("search");
const shown = () => [...document.querySelectorAll("#nodes tbody tr")].filter((row) => !row.hidden).length;
const all = shown();
field.value = "score(7)";
field.dispatchEvent(new Event("input"));
const found = shown();
const svg = document.querySelector(".graph svg").getBoundingClientRect();
const seen = {
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  rows: all,
  found,
  lanes: document.querySelectorAll("#timeline .lane").length,
  bars: [...document.querySelectorAll("#timeline .ran")].filter((bar) => bar.getBoundingClientRect().width > 0).length,
  svg: svg.width > 0 && svg.height > 0,
  scripts: document.scripts.length,
  requests: performance.getEntriesByType("resource").length,
  dark: getComputedStyle(document.body).backgroundColor,
};
document.documentElement.dataset.seen = JSON.stringify(seen);
}</script>`;

async function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of ["chromium", "chromium-browser", "google-chrome", "chrome"]) {
      const path = join(folder, name);
      if (
        await access(path).then(
          () => true,
          () => false,
        )
      )
        return path;
    }
  }
  return undefined;
}

/** Runs a flow that retries and fails, and gives the page of it. */
async function makeReport(folder) {
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "packages/umbel"), join(folder, "node_modules/umbel"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await writeFile(join(folder, "tasks.js"), TASKS);
  const args = [
    "run",
    "-e",
    "list(12) | each(score()) | report()",
    "--broker",
    "memory:",
    "--quiet",
    "--report",
    "report.html",
  ];
  const { code = 0, stderr } = await run(process.execPath, [join(root, "packages/umbel/bin/flow.js"), ...args], {
    cwd: folder,
  }).catch((error) => error);
  if (code !== 1) throw new Error(`the flow was to fail with exit code 1, and ended with ${code}: ${stderr}`);
  return await readFile(join(folder, "report.html"), "utf8");
}

/** Opens a page and gives what it says of itself, and what went wrong in it. */
async function look(chromium, file, profile, [width, height], isDark, more) {
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--virtual-time-budget=2000",
    "--enable-logging=stderr",
    `--user-data-dir=${profile}`,
    `--window-size=${width},${height}`,
    ...(isDark ? ["--blink-settings=preferredColorScheme=0"] : ["--blink-settings=preferredColorScheme=1"]),
    ...more,
    pathToFileURL(file).href,
  ];
  const { stdout, stderr } = await run(chromium, args, { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  return { page: stdout, errors: stderr.split("\n").filter((line) => /CONSOLE|Uncaught/.test(line)) };
}

function unescaped(text) {
  return text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

const chromium = await findChromium();
if (chromium === undefined) {
  console.log("skipped: there is no Chromium; type `apt-get install chromium`, or name one by CHROMIUM=/path/to/it");
  process.exit(0);
}

const folder = await mkdtemp(join(tmpdir(), "umbel-screens-"));
const pictures = join(root, "node_modules/.cache/umbel-screens");
const wrong = [];
let passed = 0;
function check(what, actual, expected) {
  if (JSON.stringify(actual) === JSON.stringify(expected)) passed += 1;
  else wrong.push(`${what}: ${JSON.stringify(actual)}, and not ${JSON.stringify(expected)}`);
}

try {
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });
  const page = await makeReport(folder);
  check("what the page asks of others", page.match(/(?:src|href)="https?:[^"]*"|@import/g), null);
  const looking = join(folder, "looking.html");
  await writeFile(looking, page.replace("</body>", `${LOOK}\n</body>`));
  const backgrounds = new Set();
  for (const size of SIZES) {
    for (const isDark of size === SIZES[0] ? [false, true] : [false]) {
      const name = `${size.join("x")}${isDark ? "-dark" : ""}`;
      const seen = await look(chromium, looking, join(folder, "profile"), size, isDark, ["--dump-dom"]);
      const [, data = "{}"] = /data-seen="([^"]*)"/.exec(seen.page) ?? [];
      const { overflow, rows, found, lanes, bars, svg, scripts, requests, dark } = JSON.parse(unescaped(data));
      check(`${name}: errors`, seen.errors, []);
      check(`${name}: wider than the window by`, overflow, 0);
      check(`${name}: the graph is seen`, svg, true);
      check(`${name}: a lane and a bar for each task that ran, and for the each`, [lanes, bars], [15, 15]);
      check(`${name}: rows, and those that the search finds`, [rows > 15, found], [true, 1]);
      check(`${name}: scripts, its own and this one's`, scripts, 2);
      check(`${name}: requests`, requests, 0);
      backgrounds.add(dark);
      const picture = join(pictures, `report-${name}.png`);
      await look(chromium, join(folder, "report.html"), join(folder, "profile"), size, isDark, [
        `--screenshot=${picture}`,
      ]);
      check(`${name}: a picture`, (await stat(picture)).size > 5000, true);
    }
  }
  check("backgrounds, light and dark", backgrounds.size, 2);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
for (const each of wrong) console.error(`wrong: ${each}`);
console.log(`${passed} passed, ${wrong.length} failed; pictures are in ${pictures}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
