/** How `flow` ends. One rule: scripts rely on these numbers, so they only grow. */

/** The exit codes of `flow`. */
export const EXIT = {
  done: 0,
  /** The workflow failed; also the code for what nobody foresaw. */
  failed: 1,
  /** Wrong usage: an unknown option, a bad `-p`, a broker's URL that is none. */
  usage: 2,
  /** An invalid flow, an unreadable file, a module of the user's that throws. */
  invalid: 3,
  /** No broker, or no worker. */
  unavailable: 4,
  timeout: 5,
  cancelled: 6,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** One of the exit codes of `flow`. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
