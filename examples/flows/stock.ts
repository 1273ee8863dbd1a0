import { app } from "./app.ts";

const SHOPS: Readonly<Record<string, readonly string[]>> = {
  north: ["Oslo", "Bergen"],
  south: ["Lisbon", "Porto", "Faro"],
  west: [],
};

export const regions = app.task("stock.regions", () => Object.keys(SHOPS));

export const shops = app.task("stock.shops", (region: string) => [...(SHOPS[region] ?? [])]);

export const count = app.task("stock.count", (shop: string, article: string) => shop.length * article.length);

export const sum = app.task("stock.sum", (counts: number[]) => counts.reduce((total, one) => total + one, 0));

export const report = app.task("stock.report", (sums: number[], article: string) => `${article}: ${sums.join(" + ")}`);
