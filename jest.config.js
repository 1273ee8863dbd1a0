// Jest runs the TypeScript sources as they are: the export condition "source" leads to src/, so no build is needed.
const packages = ["core", "canvas", "dsl", "umbel", "testing"];
const withRedis = new Set(["canvas", "umbel", "testing"]);

const redis = {
  globalSetup: "<rootDir>/../../scripts/jest-redis-start.mjs",
  globalTeardown: "<rootDir>/../../scripts/jest-redis-stop.mjs",
};

const shared = {
  testEnvironment: "<rootDir>/../../scripts/jest-environment.mjs",
  // Never add "import" or "require" here: Jest adds the right one for each call.
  testEnvironmentOptions: { customExportConditions: ["source", "node", "node-addons"] },
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
    ],
  },
};

export default {
  // Most of the time of the slow tests is waiting for processes, so two at once pay even on two cores.
  maxWorkers: 2,
  // No test asserts a time; the limit is for what hangs, on a machine that is busy with the others.
  testTimeout: 20_000,
  testSequencer: "<rootDir>/scripts/jest-sequencer.mjs",
  coverageProvider: "v8",
  collectCoverageFrom: ["packages/*/src/**/*.ts"],
  projects: packages.map((name) => ({
    ...shared,
    ...(withRedis.has(name) ? redis : {}),
    displayName: name,
    rootDir: `packages/${name}`,
    testMatch: ["<rootDir>/test/**/*.test.ts"],
  })),
};
