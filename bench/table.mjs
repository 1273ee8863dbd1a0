/** Rows as people read them. One rule: what is printed is a Markdown table, so that a page can hold it as it is. */

const columns = [
  ["case", 14, (row) => row.case],
  ["n", 9, (row) => row.n.toLocaleString("en")],
  ["Umbel", 8, (row) => seconds(row.ours_s)],
  ["instead", 26, (row) => row.peer ?? ""],
  ["its time", 8, (row) => seconds(row.peer_s)],
  ["times as fast", 18, (row) => ratio(row)],
  ["CPU", 5, (row) => times(row.cpu_ratio)],
  ["bytes a node", 12, (row) => bytes(row)],
  ["besides", 0, (row) => besides(row)],
];

/** Prints the head of the table. */
export function printHead() {
  printCells(columns.map(([title]) => title));
  console.log(`|${columns.map(([, width]) => "-".repeat(Math.max(width, 7) + 2)).join("|")}|`);
}

/** Prints one row. */
export function printRow(row) {
  printCells(columns.map(([, , text]) => text(row)));
}

/** Says what the numbers are, and that they were not made on a quiet machine if so. */
export function printNotes(load) {
  console.log(`
times as fast: the peer's time over ours, median of neighbouring repetitions (least–most). Over 1: Umbel is faster.
CPU: the peer's user and system time over ours, of all its processes from the first call to the last result, and of Redis
meanwhile. Of Celery's processes their whole life counts, less that of a run of one task.
bytes a node: what Redis holds more than before, when the program has ended (memory-…: at that moment), over n; ours / the peer's.
load of this machine when it began: ${load.toFixed(1)}`);
}

function printCells(cells) {
  const padded = cells.map((cell, index) => cell.padEnd(Math.max(columns[index][1], columns[index][0].length)));
  console.log(`| ${padded.join(" | ").trimEnd()} |`);
}

function seconds(value) {
  if (value === null) return "";
  return value < 0.01 ? `${(value * 1000).toPrecision(3)} ms` : `${value.toPrecision(3)} s`;
}

function times(value) {
  if (value === null) return "";
  return value.toPrecision(value < 100 ? 2 : 3);
}

function ratio({ ratio: middle, ratio_min: least, ratio_max: most }) {
  if (middle === null) return "";
  return least === most ? times(middle) : `${times(middle)} (${times(least)}–${times(most)})`;
}

function bytes({ bytes_per_node: ours, peer_bytes_per_node: theirs }) {
  if (ours === null) return "";
  return theirs === null || theirs === undefined ? text(ours) : `${text(ours)} / ${text(theirs)}`;
}

function besides({ failed, peer_note: note, figures = {}, peer_figures: theirs = {} }) {
  const parts = [
    failed === undefined ? "" : `FAILED: ${failed}`,
    note === undefined ? "" : `peer ${note}`,
    Object.entries(figures).map(figure).join(", "),
    Object.keys(theirs).length === 0 ? "" : `peer: ${Object.entries(theirs).map(figure).join(", ")}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

/** `p50_ms` 0.4 is "p50 0.4 ms". */
function figure([name, value]) {
  const words = name.split("_");
  const unit = { ms: " ms", mb: " MB", s: " s" }[words.at(-1)];
  const title = unit === undefined || words.at(-2) === "per" ? words : words.slice(0, -1);
  return `${title.join(" ").replace(" per ", "/")} ${text(value)}${title === words ? "" : unit}`;
}

function text(value) {
  return Number(value.toPrecision(3)).toLocaleString("en");
}
