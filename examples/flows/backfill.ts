import { app } from "./app.ts";

/** Loads one day, counted from a first one; gives its date and how many rows it had. */
export const day = app.task("backfill.day", (first: string, offset: number) => {
  const date = new Date(`${first}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + offset);
  return { date: date.toISOString().slice(0, 10), rows: 100 + offset };
});

export const verify = app.task("backfill.verify", (weeks: { readonly date: string; readonly rows: number }[][]) => {
  const days = weeks.flat();
  return {
    days: weeks.map((week) => week.length),
    from: days[0]?.date,
    to: days.at(-1)?.date,
    rows: days.reduce((sum, { rows }) => sum + rows, 0),
  };
});
