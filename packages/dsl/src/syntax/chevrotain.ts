/**
 * Chevrotain, from the one file that it is bundled in. One rule: nobody else imports a value from "chevrotain". Its
 * front door leads through six hundred small files, which cost a process more than everything else that it starts with.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The package names its front door only, `lib/src/api.js`; the bundle lies beside `src` and is published with it.
const frontDoor = pathToFileURL(createRequire(import.meta.url).resolve("chevrotain"));
const bundle: unknown = await import(new URL("../chevrotain.mjs", frontDoor).href);

export const { createToken, EmbeddedActionsParser, Lexer } = bundle as typeof import("chevrotain");
