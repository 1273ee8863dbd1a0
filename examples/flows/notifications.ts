import { app } from "./app.ts";

export const send = app.task(
  "notifications.send",
  (name: string, channel: string, text: string) => `${channel} to ${name}: ${text}`,
);

export const count = app.task("notifications.count", (sent: string[]) => ({ sent: sent.length, first: sent[0] }));
