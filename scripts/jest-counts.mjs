/** Prints `N passed, N failed` for a report of Jest (`--json --outputFile`) and Jest's exit code. */
import { readFileSync } from "node:fs";

const [path, status] = process.argv.slice(2);
const text = readFileSync(path, "utf8");
const report = text === "" ? { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 } : JSON.parse(text);
// A test file that cannot be loaded has no failed tests, and is a failure.
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
// So is a run that ended badly with no test to blame: a time limit, an open handle, no tests at all.
console.log(`${report.numPassedTests} passed, ${failed === 0 && status !== "0" ? 1 : failed} failed`);
