/** Preloaded with `--import`: writes the path of each module that the process loads into the file that TEST_MODULES names. */
import { appendFileSync } from "node:fs";
import module, { register } from "node:module";

const file = process.env.TEST_MODULES ?? "";

// ES modules are told by the loader's hooks, in a thread of their own; what CommonJS requires by the way that it is read.
register(
  `data:text/javascript,${encodeURIComponent(`
  import { appendFileSync } from "node:fs";
  export async function load(url, context, nextLoad) {
    if (url.startsWith("file:")) appendFileSync(${JSON.stringify(file)}, url.slice(7) + "\\n");
    return nextLoad(url, context);
  }
`)}`,
);
const { _extensions: extensions } = module;
const read = extensions[".js"];
extensions[".js"] = (target, filename) => {
  appendFileSync(file, `${filename}\n`);
  read(target, filename);
};
