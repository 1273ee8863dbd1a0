import { App } from "umbel";

export const app = new App("quickstart");

export const add = app.task("add", (x: number, y: number) => x + y);

export const mul = app.task("mul", (x: number, y: number) => x * y);
