import { app } from "./app.ts";

const SALES: Readonly<Record<string, number>> = { north: 120, south: 80, west: 45 };

export const collect = app.task("report.collect", (region: string) => {
  const sold = SALES[region];
  if (sold === undefined) throw new RangeError(`no region "${region}"`);
  return { region, sold };
});

export const render = app.task(
  "report.render",
  (regions: { readonly region: string; readonly sold: number }[], title: string) =>
    [title, ...regions.map(({ region, sold }) => `${region}: ${sold}`)].join("\n"),
);

export const send = app.task("report.send", (text: string, to: string) => ({ to, lines: text.split("\n").length }));

/** What has gone wrong so far, by the addresses that were told. */
export const alarms: string[] = [];

/** An errback: it takes the failed task's request and error in front of its own argument. */
export const alarm = app.task("report.alarm", (_request: unknown, error: Error, _traceback: string, to: string) => {
  alarms.push(`${to}: ${error.message}`);
});

export const archive = app.task("report.archive", (sent: unknown, where: string) => ({ sent, where }));
