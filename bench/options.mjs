/** The command line of `npm run bench`. One rule: what it does not understand ends it with code 2, before anything starts. */
import { parseArgs } from "node:util";
import { cases, casesOf } from "./cases.mjs";

const HELP = `Umbel beside what a user would write instead, on one private Redis.

usage: npm run bench -- [options]

  --case NAME   only this case; may be given more than once
  --peer NAME   only beside this peer: bullmq, celery or none; may be given more than once
  --n N         how many tasks, instead of each case's own number
  --reps N      how many repetitions; 5, for some cases fewer
  --limit S     seconds after which a repetition is cut off; 120
  --quick       group, chord, chain and latency beside BullMQ, small; ends within 50 s
  --json        one JSON object a line, for each case and peer
  --help        this text

cases: ${cases.map(({ name }) => name).join(", ")}
A name without its ending, such as memory, means all of that kind.

The exit code is 1 when a case has failed. A peer that is too slow has not.`;

const PEERS = ["bullmq", "celery", "none"];

/** Reads the options; prints help, or what is wrong, and ends the process. */
export function readOptions(argv) {
  try {
    return parse(argv);
  } catch (error) {
    console.error(`${error.message}\nsee npm run bench -- --help`);
    return process.exit(2);
  }
}

function parse(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      case: { type: "string", multiple: true },
      peer: { type: "string", multiple: true, default: ["bullmq", "celery"] },
      n: { type: "string" },
      reps: { type: "string" },
      limit: { type: "string", default: "120" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  for (const name of values.case ?? [])
    oneOf(
      "--case",
      name,
      casesOf(name).length > 0,
      cases.map((one) => one.name),
    );
  for (const name of values.peer) oneOf("--peer", name, PEERS.includes(name), PEERS);
  return {
    cases: values.case === undefined ? cases : [...new Set(values.case.flatMap(casesOf))],
    peers: values.peer,
    n: numberOf("--n", values.n, 1),
    repetitions: numberOf("--reps", values.reps, 1),
    limitSeconds: numberOf("--limit", values.limit, 0),
    isQuick: values.quick,
    isJson: values.json,
  };
}

function oneOf(option, name, isKnown, known) {
  if (!isKnown) throw new Error(`${option} must be one of ${known.join(", ")}; got ${name}`);
}

function numberOf(option, text, least) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number >= least) || (least === 1 && !Number.isInteger(number)))
    throw new Error(`${option} must be a number of at least ${least}; got ${text}`);
  return number;
}
