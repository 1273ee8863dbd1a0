/** What one call of the benchmark measures. One rule: what is left out because something is missing is said, not passed over. */
import { hasCelery } from "./peers.mjs";

/**
 * Gives the comparisons that the options ask for, in order, each with its case; and whether Celery is missing for some.
 * A comparison that has lost all of its peers is left out.
 */
export function makePlan(options) {
  const { peers: names, repetitions } = options;
  const asked = options.cases.flatMap((subject) =>
    comparisonsOf(subject, options).map((comparison) => ({ subject, comparison })),
  );
  const isAsked = ({ name }) => names.includes(name);
  const needsCelery = asked.some(({ comparison: { peers = [] } }) =>
    peers.some((peer) => peer.name === "celery" && isAsked(peer)),
  );
  const lacksCelery = needsCelery && !hasCelery();
  const isThere = (peer) => isAsked(peer) && !(lacksCelery && peer.name === "celery");
  const steps = asked.flatMap(({ subject, comparison: { peers = [], ...comparison } }) => {
    const present = peers.filter(isThere).map((peer) => ({ ...peer, repetitions: repetitions ?? peer.repetitions }));
    const isLost = peers.length > 0 && present.length === 0 && !names.includes("none");
    return isLost ? [] : [{ subject, comparison: { ...comparison, peers: present } }];
  });
  return { steps, lacksCelery };
}

/** What of a case is done: all, or what `--quick` does, or one n with all of its peers. */
function comparisonsOf({ comparisons }, { isQuick, n }) {
  const some = isQuick
    ? comparisons
        .filter(({ quick }) => quick !== undefined)
        .map((one) => ({ ...one, n: one.quick, peers: one.peers?.filter(({ name }) => name === "bullmq") }))
    : comparisons;
  if (n === undefined || some.length === 0) return some;
  const peers = new Set(some.flatMap((one) => one.peers ?? []));
  return [{ ...some[0], n, peers: [...peers] }];
}
