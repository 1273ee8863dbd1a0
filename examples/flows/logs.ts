import { app } from "./app.ts";

type Counts = Record<string, number>;

/** Stands for a log file: one line a request. */
export const lines = app.task("logs.lines", (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const path = ["/", "/cart", "/pay"][index % 3] ?? "/";
    return `${index % 7 === 0 ? 500 : 200} ${path}`;
  }),
);

export const split = app.task("logs.split", (all: string[], parts: number) =>
  Array.from({ length: parts }, (_, part) => all.filter((_line, index) => index % parts === part)),
);

export const mapLines = app.task("logs.map", (part: string[]): Counts => {
  const counts: Counts = {};
  for (const line of part) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
});

export const reduce = app.task("logs.reduce", (parts: Counts[]): Counts => {
  const all: Counts = {};
  for (const part of parts) for (const [key, count] of Object.entries(part)) all[key] = (all[key] ?? 0) + count;
  return all;
});

export const top = app.task("logs.top", (counts: Counts, limit: number) =>
  Object.entries(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, limit),
);
