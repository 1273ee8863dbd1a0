// `npm run test:brokers`: the tests that take minutes, on every kind of broker and of its failures; not part of `npm test`.
import shared from "./jest.config.js";

export default {
  ...shared,
  // Each file starts servers of its own, and looks at how long they take.
  maxWorkers: 1,
  testTimeout: 120_000,
  projects: shared.projects
    .filter(({ displayName }) => ["canvas", "testing"].includes(displayName))
    .map((project) => ({ ...project, testMatch: ["<rootDir>/test/brokers/*.brokers.ts"] })),
};
