/** A Redis that speaks TLS alone, with a user who may touch its prefix alone. The certificate in `tls/` is for tests only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePorts, startServer } from "./redis-server.ts";

/** A server that is up. */
export interface TestTlsServer {
  /** `localhost:PORT`. */
  readonly host: string;
  /** The part of a URL behind `?` that names the files. */
  readonly files: string;
  /** For `broker`: as the user, by the files. */
  readonly url: string;
  /** A connection that may do anything. */
  readonly admin: Redis;
  /** Makes a connection as the user; the caller closes it. */
  connect(): Redis;
  stop(): Promise<void>;
}

/** The prefix of the user. */
export const TLS_PREFIX = "shop";

/** What the user may do, as docs/brokers.md has it. */
const RULES = ["~shop:*", "resetchannels", "&shop:*", "+@all", "-@dangerous", "+info"];

/** How long a server may take until it answers, milliseconds; one that cannot speak TLS never does. */
const PATIENCE_MS = 15_000;

/** Starts one; resolves when its user is known. @throws Error where the server was built without TLS */
export async function startTlsServer(): Promise<TestTlsServer> {
  const certificate = join(import.meta.dirname, "tls/certificate.pem");
  const key = join(import.meta.dirname, "tls/key.pem");
  const [port = 0] = await freePorts(1);
  const server = await startServer({
    port,
    settings: [
      "port 0",
      `tls-port ${port}`,
      `tls-cert-file ${certificate}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${certificate}`,
    ],
  });
  const tls = { ca: readFileSync(certificate), cert: readFileSync(certificate), key: readFileSync(key) };
  const connect = (login: { readonly username?: string; readonly password?: string } = {}): Redis => {
    const redis = new Redis({ port, host: "localhost", tls, maxRetriesPerRequest: null, ...login });
    redis.on("error", () => undefined);
    return redis;
  };
  const admin = connect();
  const known = admin.call("ACL", "SETUSER", "shop", "on", ">se cret", ...RULES).then(() => true);
  if (!(await Promise.race([known, delay(PATIENCE_MS, false, { ref: false })]))) {
    const log = readFileSync(join(server.folder, "log"), "utf8");
    admin.disconnect();
    await server.stop();
    throw new Error(
      `no server with TLS: ${process.env.UMBEL_TEST_REDIS_SERVER} may be built without BUILD_TLS=yes\n${log}`,
    );
  }
  const host = `localhost:${port}`;
  const files = `ca=${certificate}&cert=${certificate}&key=${key}`;
  return {
    host,
    files,
    url: `rediss://shop:se%20cret@${host}?${files}`,
    admin,
    connect: () => connect({ username: "shop", password: "se cret" }),
    stop: async () => {
      admin.disconnect();
      await server.stop();
    },
  };
}
