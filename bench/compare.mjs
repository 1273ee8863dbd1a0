/**
 * One row of the table for each peer: repetitions of both sides, one after the other. One rule: a ratio is made of two
 * repetitions that were neighbours, since machines get slower and faster by the minute.
 */
import { measure, nodeProgram } from "./measure.mjs";
import { NotFinished } from "./run-process.mjs";
import { median, round, spread } from "./statistics.mjs";

/**
 * Measures one case with one n.
 * @param context what `measure` takes
 * @param isLate whether there is no time for one more repetition; the first is always made
 * @returns rows; one that holds `failed` says why there is nothing in it
 */
export async function compare(subject, { n, concurrency = 50, peers = [] }, { repetitions, context, isLate }) {
  const ours = [];
  const sides = peers.map((peer) => ({ peer, runs: [], most: peer.repetitions ?? repetitions }));
  const measureOurs = async () => {
    const args = ["--case", subject.name, "--n", n, "--concurrency", concurrency, "--port", context.redis.port];
    ours.push(await measure(nodeProgram("umbel.mjs", ...args), { ...context, isWatched: subject.isWatched }));
  };
  for (let repetition = 0; repetition < repetitions && !(repetition > 0 && isLate()); repetition += 1) {
    const measureTheirs = sides
      .filter(({ runs, most, problem }) => problem === undefined && runs.length < most)
      .map((side) => () => measureSide(side, { n, concurrency, context }));
    // Whoever comes first finds the machine as somebody else left it, so each does in turn.
    const turns = [...measureTheirs, measureOurs];
    try {
      for (const turn of repetition % 2 === 0 ? turns : turns.reverse()) await turn();
    } catch (error) {
      context.signal.throwIfAborted();
      return [{ case: subject.name, n, ...noTimes, peer: sides[0]?.peer.label ?? null, failed: error.message }];
    }
  }
  const rows = sides.map((side) => rowOf(subject, n, ours, side));
  return rows.length > 0 ? rows : [rowOf(subject, n, ours, undefined)];
}

const noTimes = { ours_s: null, peer_s: null, ratio: null, cpu_ratio: null, bytes_per_node: null };

/** A peer that is too slow is shown so, and not asked again; one that breaks is a failure. */
async function measureSide(side, request) {
  try {
    side.runs.push(await side.peer.measure(request));
  } catch (error) {
    request.context.signal.throwIfAborted();
    side.problem = error.message;
    side.isBroken = !(error instanceof NotFinished);
  }
}

function rowOf(subject, n, ours, side) {
  const theirs = side?.runs ?? [];
  const counts = { time: true, cpu: true, bytes: true, ...subject.counts };
  const seconds = (runs) => (counts.time ? runs.map((run) => run.seconds) : []);
  // A peer of fewer repetitions had them first.
  const ratios = (of) => theirs.map((run, index) => of(run) / of(ours[index]));
  const ourSeconds = spread(seconds(ours));
  const theirSeconds = spread(seconds(theirs));
  const ratio = spread(counts.time ? ratios((run) => run.seconds) : []);
  const bytes = (runs) => (counts.bytes ? round(median(runs.map((run) => run.bytes / n)), 3) : null);
  return {
    case: subject.name,
    n,
    ours_s: round(ourSeconds.median),
    peer: side?.peer.label ?? null,
    peer_s: round(theirSeconds.median),
    ratio: round(ratio.median, 3),
    cpu_ratio: counts.cpu ? round(median(ratios((run) => run.cpu)), 3) : null,
    bytes_per_node: bytes(ours),
    ratio_min: round(ratio.min, 3),
    ratio_max: round(ratio.max, 3),
    repetitions: ours.length,
    ours_min_s: round(ourSeconds.min),
    ours_max_s: round(ourSeconds.max),
    peer_min_s: round(theirSeconds.min),
    peer_max_s: round(theirSeconds.max),
    peer_bytes_per_node: bytes(theirs),
    ours_cpu_s: counts.cpu ? round(median(ours.map((run) => run.cpu))) : null,
    peer_cpu_s: counts.cpu ? round(median(theirs.map((run) => run.cpu))) : null,
    figures: figuresOf(ours),
    peer_figures: figuresOf(theirs),
    ...(side?.isBroken
      ? { failed: `${side.peer.label}: ${side.problem}` }
      : side?.problem === undefined
        ? {}
        : { peer_note: side.problem }),
  };
}

/** Medians of what a case tells besides. */
function figuresOf(runs) {
  const names = Object.keys(runs[0]?.figures ?? {});
  return Object.fromEntries(names.map((name) => [name, round(median(runs.map((run) => run.figures[name])))]));
}
