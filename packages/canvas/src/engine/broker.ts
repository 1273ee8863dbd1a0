/** What the engine asks of a broker. One rule: whoever opens a broker closes it; connections are the engine's to close. */
import type { RedisConnection } from "../store/redis/connection.ts";

/** What a connection is for: `worker` connections wait for ever, the others give up on a server that stays away. */
export type ConnectionPurpose = "commands" | "subscriber" | "worker";

/** A broker that can be reached. */
export interface Broker {
  /** Its address for people, without passwords. */
  readonly address: string;
  /** Makes a connection; it is not open yet. */
  connect(purpose: ConnectionPurpose): RedisConnection;
  /** Gives up what the broker itself holds, such as a share in the project's own server. Safe to repeat. */
  release(): Promise<void>;
}
