/** A report as one page of HTML. One rule: it needs nothing but itself, and nothing that a task returned is ever markup. */
import type { RunNode } from "@umbel/core";
import { showDuration } from "../live/duration.ts";
import type { RunReport, TaskTotals } from "./read-report.ts";

/** How many bars the timeline has. */
const MOST_BARS = 300;
const MOST_TEXT = 400;

const STYLE = `
:root { color-scheme: light dark; --line: #d0d7de; --soft: #57606a; --back: #fff; --text: #1f2328; --ok: #1a7f37; --bad: #cf222e; --wait: #d8dee4; --run: #0969da; --retry: #bf8700; --stop: #8250df; }
@media (prefers-color-scheme: dark) { :root { --line: #30363d; --soft: #8b949e; --back: #0d1117; --text: #e6edf3; --ok: #3fb950; --bad: #f85149; --wait: #30363d; --run: #4493f8; --retry: #d29922; --stop: #ab7df8; } }
body { margin: 0 auto; max-width: 1200px; padding: 24px; background: var(--back); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 32px 0 8px; }
.facts { color: var(--soft); } .graph { overflow: auto; border: 1px solid var(--line); border-radius: 6px; padding: 8px; background: #fff; max-height: 600px; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: 4px 8px; text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 12px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.SUCCESS { color: var(--ok); } .FAILURE { color: var(--bad); } .REVOKED, .IGNORED { color: var(--stop); } .RETRY { color: var(--retry); }
.lane { display: flex; align-items: center; height: 18px; } .lane > span { flex: 0 0 200px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding-right: 8px; }
.track { position: relative; flex: 1; height: 12px; } .track i { position: absolute; top: 0; height: 100%; min-width: 2px; border-radius: 2px; }
.waited { background: var(--wait); } .ran { background: var(--run); } .ran.FAILURE { background: var(--bad); } .ran.retried { background: var(--retry); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin: 0 4px 0 12px; vertical-align: -1px; }
input { font: inherit; padding: 4px 8px; margin-bottom: 8px; width: 300px; max-width: 100%; }`;

const SCRIPT = `
const field = document.getElementById("search");
const rows = [...document.querySelectorAll("#nodes tbody tr")];
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
});`;

/** Draws a report. */
export function reportPage({ info, svg, totals, nodes, nodeCount }: RunReport): string {
  const { readableId, name, state, id, createdAt, endedAt, resumes } = info;
  const title = name ?? readableId;
  const facts = [
    `<b class="${escapeHtml(state)}">${escapeHtml(state)}</b>`,
    ...(name === undefined ? [] : [escapeHtml(readableId)]),
    `<code>${escapeHtml(id)}</code>`,
    `sent ${createdAt.toISOString()}`,
    ...(endedAt === undefined ? ["not ended"] : [`took ${showDuration(endedAt.getTime() - createdAt.getTime())}`]),
    ...(resumes > 0 ? [`resumed ${resumes} ${resumes === 1 ? "time" : "times"}`] : []),
  ];
  const shown =
    nodes.length < nodeCount
      ? `<p class="facts">${nodes.length} of ${nodeCount} are shown: the first, and what failed.</p>`
      : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} – ${escapeHtml(state)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="facts">${facts.join(" · ")}</p>
<h2>Graph</h2>
<div class="graph">${svg}</div>
<h2>Totals</h2>
${totalsTable(totals)}
<h2>Timeline</h2>
${timeline(nodes, createdAt.getTime())}
<h2>Tasks and groups</h2>
${shown}<input id="search" placeholder="Search, such as FAILURE score" aria-label="Search">
${nodesTable(nodes)}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function totalsTable(totals: readonly TaskTotals[]): string {
  const rows = totals.map((sum) => {
    const states = [...sum.states].map(
      ([state, count]) => `<span class="${escapeHtml(state)}">${count} ${escapeHtml(state)}</span>`,
    );
    const mean = (ms: number) => (sum.timed === 0 ? "–" : showDuration(ms / sum.timed));
    return `<tr><td><code>${escapeHtml(sum.task)}</code></td><td class="number">${sum.count}</td><td>${states.join(", ")}</td><td class="number">${sum.retries}</td><td class="number">${mean(sum.waitedMs)}</td><td class="number">${mean(sum.ranMs)}</td><td class="number">${sum.timed === 0 ? "–" : showDuration(sum.longestMs)}</td></tr>`;
  });
  return `<table id="totals"><thead><tr><th>task</th><th class="number">calls</th><th>states</th><th class="number">retries</th><th class="number">waited, mean</th><th class="number">ran, mean</th><th class="number">ran, longest</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function timeline(nodes: readonly RunNode[], from: number): string {
  const timed = nodes.filter(({ kind, startedAt }) => kind === "task" && startedAt !== undefined);
  if (timed.length === 0) return '<p class="facts">No times are stored of this run.</p>';
  const shown = timed.slice(0, MOST_BARS);
  const end = Math.max(...shown.map(({ startedAt, endedAt }) => (endedAt ?? startedAt)?.getTime() ?? from), from + 1);
  const start = Math.min(from, ...shown.map(({ readyAt, startedAt }) => (readyAt ?? startedAt)?.getTime() ?? from));
  const place = (time: number) => `${(((time - start) / (end - start)) * 100).toFixed(3)}%`;
  const width = (one: number, other: number) => `${((Math.max(0, other - one) / (end - start)) * 100).toFixed(3)}%`;
  const bar = (css: string, one: number, other: number, words: string) =>
    `<i class="${escapeHtml(css)}" style="left:${place(one)};width:${width(one, other)}" title="${escapeHtml(words)}"></i>`;
  const lanes = shown.map(({ task = "", index, state, attempts, readyAt, startedAt, endedAt }) => {
    const began = startedAt?.getTime() ?? start;
    const ended = endedAt?.getTime() ?? end;
    const ready = readyAt?.getTime() ?? began;
    const retried = attempts > 1 ? " retried" : "";
    const waited = bar("waited", ready, began, `waited ${showDuration(began - ready)}`);
    const ran = bar(
      `ran ${state}${retried}`,
      began,
      ended,
      `ran ${showDuration(ended - began)}${attempts > 1 ? `, attempt ${attempts}` : ""}`,
    );
    return `<div class="lane"><span><code>${escapeHtml(task)}</code> ${index}</span><div class="track">${waited}${ran}</div></div>`;
  });
  const rest = timed.length > shown.length ? `<p class="facts">${shown.length} of ${timed.length} are drawn.</p>` : "";
  return `<p class="facts legend">${showDuration(end - start)} in all <i class="waited"></i>waited <i class="ran"></i>ran <i class="ran retried"></i>ran after a retry <i class="ran FAILURE"></i>failed</p><div id="timeline">${lanes.join("")}</div>${rest}`;
}

function nodesTable(nodes: readonly RunNode[]): string {
  const rows = nodes.map((node) => {
    const { index, task, args, kwargs, state, attempts, startedAt, endedAt, worker, error, value } = node;
    const called =
      args === undefined
        ? ""
        : [...args.map(brief), ...Object.entries(kwargs ?? {}).map(([name, each]) => `${name}: ${brief(each)}`)].join(
            ", ",
          );
    const time =
      startedAt === undefined || endedAt === undefined ? "" : showDuration(endedAt.getTime() - startedAt.getTime());
    const told =
      error !== undefined
        ? `<pre class="FAILURE">${escapeHtml(`${error.name}: ${error.message}`)}${error.stack === undefined ? "" : `</pre><details><summary>stack</summary><pre>${escapeHtml(error.stack)}</pre></details><pre>`}</pre>`
        : value === undefined
          ? ""
          : `<code>${escapeHtml(brief(value))}</code>`;
    return `<tr><td class="number">${index}</td><td><code>${escapeHtml(task ?? "group")}${task === undefined ? "" : `(${escapeHtml(called)})`}</code></td><td class="${escapeHtml(state)}">${escapeHtml(state)}</td><td class="number">${attempts}</td><td class="number">${time}</td><td>${escapeHtml(worker ?? "")}</td><td>${told}</td></tr>`;
  });
  return `<table id="nodes"><thead><tr><th class="number">node</th><th>call</th><th>state</th><th class="number">attempts</th><th class="number">ran</th><th>worker</th><th>result or error</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
