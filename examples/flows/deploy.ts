import { app } from "./app.ts";

/** What happened, in order; stands for the machines that something was done to. */
export const journal: string[] = [];

export const build = app.task("deploy.build", (version: string) => `shop-${version}.tgz`);

export const test = app.task("deploy.test", (artifact: string, suite: string) => `${artifact} passed ${suite}`);

export const release = app.task("deploy.release", (environment: string, version: string, strategy: string) => {
  journal.push(`release ${version} to ${environment} (${strategy})`);
  return environment;
});

export const check = app.task("deploy.check", (environment: string, broken: string | null) => {
  if (environment === broken) throw new Error(`${environment} does not answer`);
  return `${environment} is healthy`;
});

export const rollback = app.task("deploy.rollback", (environment: string) => {
  journal.push(`roll back ${environment}`);
});

export const announce = app.task("deploy.announce", (last: string, version: string) => `${version} is out: ${last}`);
