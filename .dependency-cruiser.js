/**
 * Who may import whom: the table of ARCHITECTURE.md, as rules. `core` knows nothing of ours, `canvas` and `dsl` know
 * `core`, `umbel` knows these three, and only `testing` knows all.
 */

/** Node's modules for files, sockets and processes. */
const FILES_AND_SOCKETS = "^(fs|fs/promises|net|tls|dgram|http|https|http2|child_process|worker_threads|cluster)$";

/** @param {string} name the package that imports @param {string[]} allowed what it may import of ours */
function mayImport(name, allowed) {
  const inside = [name, ...allowed].join("|");
  const words = allowed.length === 0 ? "nothing of ours" : allowed.join(", ");
  return {
    name: `${name}-imports-only`,
    comment: `packages/${name} may import ${words}`,
    severity: "error",
    from: { path: `^packages/${name}/src/` },
    to: { path: "^packages/", pathNot: `^packages/(${inside})/` },
  };
}

/** @param {string} name the package @param {string} what @param {string} path of what it must never know */
function mustNotKnow(name, what, path) {
  return {
    name: `${name}-knows-no-${what}`,
    severity: "error",
    from: { path: `^packages/${name}/src/` },
    to: { path },
  };
}

const modules = (names) => `(^|/)node_modules/(${names})(/|$)`;

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    mayImport("core", []),
    mayImport("canvas", ["core"]),
    mayImport("dsl", ["core"]),
    mayImport("umbel", ["core", "canvas", "dsl"]),
    mustNotKnow("core", "redis-or-parser", modules("ioredis|bullmq|chevrotain")),
    mustNotKnow("core", "files-or-sockets", FILES_AND_SOCKETS),
    mustNotKnow("canvas", "flow-text", modules("chevrotain")),
    mustNotKnow("dsl", "redis", modules("ioredis|bullmq")),
    mustNotKnow("dsl", "files-or-sockets", FILES_AND_SOCKETS),
    {
      name: "cli-is-imported-by-nothing",
      comment:
        "packages/umbel/src/cli is loaded by the bins and app.workerMain, lazily; put what others need elsewhere",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "^packages/umbel/src/(cli/|worker-main\\.ts$)" },
      to: { path: "^packages/umbel/src/cli/" },
    },
    {
      name: "no-way-into-another-package",
      comment: "import another package by its name; what its index.ts does not list is private",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
    },
    {
      name: "no-cycles",
      comment: "types that name each other (App, Task) are no cycle: nothing of them is left at run time",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-undeclared",
      comment: "add the module to the dependencies of the package that imports it",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], dependencyTypesNot: ["npm-peer", "type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/(dist|cases)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "types", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};
