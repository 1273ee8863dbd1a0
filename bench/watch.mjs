/** Looks at Redis while a program runs. One rule: it only reads, and seldom enough (20 times a second) to cost nothing. */

const EVERY_MS = 50;

/** Begins to look; what it gives ends that, and tells the most that was seen: bytes held, and jobs of BullMQ's in our queue. */
export function watch(redis) {
  let peak = 0;
  let jobsAlive = 0;
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      const [memory, jobs] = await Promise.all([redis.memory(), redis.jobsAlive("bench:{default}", "default")]);
      peak = Math.max(peak, memory);
      jobsAlive = Math.max(jobsAlive, jobs);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    return { memory: peak, jobsAlive };
  };
}
