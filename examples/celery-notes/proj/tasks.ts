/** proj/tasks.py */
import { app } from "./app.ts";

export const add = app.task({ name: "proj.tasks.add" }, (x: number, y: number) => x + y);

export const mul = app.task({ name: "proj.tasks.mul" }, (x: number, y: number) => x * y);

export const xsum = app.task({ name: "proj.tasks.xsum" }, (numbers: readonly number[]) =>
  numbers.reduce((total, number) => total + number, 0),
);
