import { app } from "./app.ts";

interface Order {
  readonly shop: string;
  readonly amount: number;
  readonly currency: string;
}

const RATES: Readonly<Record<string, number>> = { EUR: 1, NOK: 0.085 };

/** Stands for an export of a shop: five orders, one of them without an amount. */
export const extract = app.task("etl.extract", (shop: string): Order[] => {
  const currency = shop === "oslo" ? "NOK" : "EUR";
  return [12.5, 8, 99, 0, 40].map((amount) => ({ shop, amount, currency }));
});

export const clean = app.task("etl.clean", (orders: Order[], least: number): Order[] =>
  orders.filter((order) => order.amount >= least),
);

export const convert = app.task("etl.convert", (orders: Order[], currency: string): Order[] =>
  orders.map((order) => ({
    ...order,
    amount: Math.round(order.amount * (RATES[order.currency] ?? 1) * 100) / 100,
    currency,
  })),
);

export const merge = app.task("etl.merge", (shops: Order[][]): Order[] => shops.flat());

export const load = app.task("etl.load", (orders: Order[], table: string) => ({ table, rows: orders.length }));

export const summarize = app.task("etl.summarize", (orders: Order[]) => ({
  total: orders.reduce((sum, order) => sum + order.amount, 0),
  largest: Math.max(...orders.map((order) => order.amount)),
}));
