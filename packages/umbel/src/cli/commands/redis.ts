/** The words of `flow redis`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";

/** Adds `flow redis install`, `status` and `stop`. */
export function declareRedis(program: Command, choose: Choose): void {
  const redis = program.command("redis").description("the private Redis of a project (the broker `embedded:`)");
  redis
    .command("install")
    .description("get a redis-server for you alone, if this machine has none, and print its path")
    .action(() => choose(async (context) => (await import("./redis-install.ts")).installRedis(context)));
  redis
    .command("status")
    .description("tell whether the Redis of this project runs, and who uses it")
    .action(() => choose(async (context) => (await import("./redis-status.ts")).showStatus(context)));
  redis
    .command("stop")
    .description("end the Redis of this project; its data stays")
    .option("--force", "end it although it is in use")
    .action((options: { force?: boolean }) =>
      choose(async (context) => (await import("./redis-stop.ts")).stopRedis(context, options.force === true)),
    );
}
