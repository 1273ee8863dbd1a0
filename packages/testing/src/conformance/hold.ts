/**
 * `npm run conformance:hold`: runs every case of this repository and adds those that pass to held.txt. One rule: a case
 * is added only when it passes every time, and never taken out.
 */
import { parseArgs } from "node:util";
import { readAllCases, readHeld, writeHeld } from "./case-files.ts";
import { openEngine } from "./open-engine.ts";
import { reportLine } from "./report.ts";
import { concurrency, runCases } from "./runner.ts";

const TIMES = 3;

const { values } = parseArgs({ options: { broker: { type: "string", default: "embedded:" } } });
const cases = await readAllCases();
const held = new Set(await readHeld());
const differing = new Map<string, string>();
for (let time = 0; time < TIMES; time += 1) {
  const engine = await openEngine(values.broker);
  try {
    for (const report of await runCases(cases, engine, { level: 4, concurrency })) {
      if (report.differences.length > 0) differing.set(report.testCase.id, reportLine(report));
    }
  } finally {
    await engine.close();
  }
}
for (const id of held) {
  const line = differing.get(id);
  if (line === undefined) continue;
  console.error(`held, but differs: ${line}`);
  process.exitCode = 1;
}
const ids = cases.map(({ id }) => id).filter((id) => held.has(id) || !differing.has(id));
for (const id of ids) if (!held.has(id)) console.log(`passes, added: ${id}`);
await writeHeld(ids);
console.log(`${ids.length} of ${cases.length} cases held`);
