import { app } from "./app.ts";

export const compile = app.task("release.compile", (name: string, target: string) => `${name}.${target}`);

export const sign = app.task("release.sign", (file: string, key: string) => `${file}+${key}`);

export const publish = app.task(
  "release.publish",
  (files: string[], channel: string) => `${channel}: ${files.join(" ")}`,
);

export const note = app.task("release.note", (text: string) => text);
