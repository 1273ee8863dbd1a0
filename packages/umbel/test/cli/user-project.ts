/** A project of a user's, as `npm install umbel` leaves it, in a folder of its own. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TestProject } from "../broker/embedded/project-of-test.ts";

/** Texts by the paths of their files. */
export type Files = Readonly<Record<string, string>>;

const PACKAGE = join(import.meta.dirname, "../..");

/** A TestProject with `umbel` in its node_modules. */
export class UserProject extends TestProject {
  constructor(files: Files = {}) {
    super();
    mkdirSync(join(this.path, "node_modules"), { recursive: true });
    symlinkSync(PACKAGE, join(this.path, "node_modules/umbel"));
    this.write({ "package.json": '{ "name": "project", "type": "module" }\n', ...files });
  }

  write(files: Files): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), text);
    }
  }
}
