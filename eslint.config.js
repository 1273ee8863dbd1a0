/**
 * ESLint holds only what needs types; everything else is Biome's (biome.json), and who may import whom is
 * dependency-cruiser's (.dependency-cruiser.js). One program over all sources (tsconfig.eslint.json) is faster than one a
 * package. `npm run lint` keeps a cache by content of each file, so a type that changed elsewhere shows only without it, as
 * in .ci/run.
 */
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/dist/**", "**/*.generated.ts", "**/*.js", "**/*.mjs"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["packages/*/src/**/*.ts", "packages/*/test/**/*.ts", "examples/**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: "tsconfig.eslint.json", tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      // A promise that nobody waits for loses its error, and in queue code the job with it.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      // `return promise` inside `try` skips the `catch`.
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // `any` also comes in unwritten, from JSON.parse and from Redis: take it as `unknown`.
      "@typescript-eslint/no-unsafe-argument": "error",
      "@typescript-eslint/no-unsafe-assignment": "error",
      "@typescript-eslint/no-unsafe-call": "error",
      "@typescript-eslint/no-unsafe-member-access": "error",
      "@typescript-eslint/no-unsafe-return": "error",
      "@typescript-eslint/use-unknown-in-catch-callback-variable": "error",
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      // Keeps `[object Object]` out of messages.
      "@typescript-eslint/no-base-to-string": "error",
    },
  },
);
