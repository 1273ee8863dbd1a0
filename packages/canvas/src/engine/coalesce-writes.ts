/**
 * One system call for what is sent in one turn. One rule: bytes leave in the order in which they were written, and none
 * waits for longer than until what runs now has run; only the number of system calls changes, which cost more than the
 * commands that they carry.
 */
import type { Redis } from "ioredis";

/** Lets a connection write all that is sent meanwhile in one piece, after each reconnection too. */
export function coalesceWrites(redis: Redis): void {
  if (redis.status === "connect" || redis.status === "ready") holdWrites(redis);
  redis.on("connect", () => holdWrites(redis));
}

function holdWrites({ stream }: Redis): void {
  let isHeld = false;
  const release = (): void => {
    isHeld = false;
    stream.uncork();
  };
  const write = stream.write.bind(stream) as (...args: readonly unknown[]) => boolean;
  stream.write = (...args: readonly unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      stream.cork();
      process.nextTick(release);
    }
    return write(...args);
  };
}
