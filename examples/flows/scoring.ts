import { app } from "./app.ts";

interface Scored {
  readonly user: number;
  readonly score: number;
}

export const users = app.task("scoring.users", (count: number) => Array.from({ length: count }, (_, user) => user));

export const batches = app.task("scoring.batches", (all: number[], size: number) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, batch) => all.slice(batch * size, (batch + 1) * size)),
);

export const features = app.task("scoring.features", (batch: number[]) =>
  batch.map((user) => ({ user, visits: (user * 7) % 50, spent: (user * 13) % 90 })),
);

/** Stands for a model: a weighted sum of features. */
export const score = app.task(
  "scoring.score",
  (rows: { user: number; visits: number; spent: number }[], weights: Record<string, number>): Scored[] =>
    rows.map(({ user, visits, spent }) => ({
      user,
      score: visits * (weights.visits ?? 0) + spent * (weights.spent ?? 0),
    })),
);

export const rank = app.task("scoring.rank", (scored: Scored[][], top: number) =>
  scored
    .flat()
    .sort((a, b) => b.score - a.score || a.user - b.user)
    .slice(0, top),
);
