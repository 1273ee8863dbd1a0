/** Counting words over text files: one task a file, one that merges the counts, one that takes the most frequent. */
import { readFile } from "node:fs/promises";
import { App } from "umbel";

export const app = new App("wordcount");

/** How often each word occurs. */
type Counts = Record<string, number>;

/** Counts the words of a text file, whatever their case; its path is relative to where the worker was started. */
export const countWords = app.task("countWords", async (path: string): Promise<Counts> => {
  const text = await readFile(path, "utf8");
  return countAll([...text.toLowerCase().matchAll(/\p{L}+(?:['’]\p{L}+)*/gu)].map(([word]) => [word, 1]));
});

/** Adds the counts of several files up. */
export const mergeCounts = app.task("mergeCounts", (files: Counts[]): Counts => {
  return countAll(files.flatMap((counts) => Object.entries(counts)));
});

/** Gives the `limit` most frequent words with their counts; of words that occur equally often, the first by alphabet. */
export const mostFrequent = app.task("mostFrequent", (counts: Counts, limit: number): [string, number][] => {
  const byCount = ([a, m]: [string, number], [b, n]: [string, number]): number => n - m || (a < b ? -1 : 1);
  return Object.entries(counts).sort(byCount).slice(0, limit);
});

function countAll(entries: readonly [string, number][]): Counts {
  const counts = new Map<string, number>();
  for (const [word, count] of entries) counts.set(word, (counts.get(word) ?? 0) + count);
  return Object.fromEntries(counts);
}
