/**
 * Reads a broker from the text of a URL. One rule: what is thrown here never shows a password, also not when the text is
 * no URL at all.
 */
import { didYouMean, OptionError } from "@umbel/core";
import type {
  Broker,
  ClusterBroker,
  Credentials,
  HostAndPort,
  SentinelBroker,
  TcpBroker,
  TlsFiles,
  UnixBroker,
} from "./broker.ts";

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/** The URL's parts as they stand, before a scheme gives them a meaning. */
interface UrlParts {
  readonly text: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

const TLS_OPTIONS = ["ca", "cert", "key", "servername"];

/** Each scheme reads the rest of its URL. */
const SCHEMES: Readonly<Record<string, (parts: UrlParts) => Broker>> = {
  redis: parseTcp,
  rediss: parseTcp,
  "redis+sentinel": parseSentinel,
  "rediss+sentinel": parseSentinel,
  "redis+cluster": parseCluster,
  "rediss+cluster": parseCluster,
  unix: parseUnix,
  embedded: (parts) => parseBare(parts, { kind: "embedded" }),
  memory: (parts) => parseBare(parts, { kind: "memory" }),
};

/** Schemes that Celery or other programs use, and what to write instead. */
const FOREIGN_SCHEMES: Readonly<Record<string, string>> = {
  sentinel: "write `redis+sentinel://host:26379/primary`",
  "redis+socket": "write `unix:///path/of/the/socket`",
  valkey: "write `redis://` (Valkey speaks the same protocol)",
  valkeys: "write `rediss://` (Valkey speaks the same protocol)",
  amqp: "Umbel runs on Redis or Valkey, not on RabbitMQ",
  amqps: "Umbel runs on Redis or Valkey, not on RabbitMQ",
  sqs: "Umbel runs on Redis or Valkey, not on Amazon SQS",
};

/**
 * Reads a broker URL: `redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://`, `unix://`, `embedded:` or
 * `memory:`. Names and passwords may be percent-encoded.
 * @throws OptionError when it is none of these, or a part of it cannot be; the message shows no password
 */
export function parseBrokerUrl(text: string): Broker {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(text.trim());
  if (match === null) {
    throw new OptionError(`broker "${hideSecrets(text)}" is not a URL; ${examples()}`);
  }
  const [, scheme = "", authority = "", path = "", query = ""] = match;
  const name = scheme.toLowerCase();
  const parse = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (parse === undefined) throw unknownScheme(text, name);
  return parse({ text, scheme: name, authority, path, query: new URLSearchParams(query) });
}

/** Gives any text with what looks like a password replaced by `***`; for messages about text that could not be read. */
export function hideSecrets(text: string): string {
  return text.replace(/:\/\/.*@/s, "://***@").replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*/gi, "$1***");
}

function parseTcp(parts: UrlParts): TcpBroker {
  const { credentials, hosts } = readAuthority(parts, DEFAULT_PORT);
  const [only, ...others] = hosts;
  if (only === undefined || others.length > 0) {
    throw invalid(parts, `names ${hosts.length} hosts; name one, or use \`${parts.scheme}+cluster://\``);
  }
  const database = /^\/?(\d*)$/.exec(parts.path)?.[1];
  if (database === undefined) throw invalid(parts, "has a path; only a database number may stand there, such as `/1`");
  allowOptions(parts, ["db", ...tlsOptionNames(parts)]);
  return {
    kind: "tcp",
    ...only,
    ...credentials,
    db: readDatabase(parts, database === "" ? parts.query.get("db") : database),
    ...readTls(parts),
  };
}

function parseUnix(parts: UrlParts): UnixBroker {
  const at = parts.authority.lastIndexOf("@");
  if (at !== parts.authority.length - 1) {
    throw invalid(parts, "names a host; a socket's path begins with three slashes: `unix:///run/redis.sock`");
  }
  const path = decode(parts, parts.path);
  if (!path.startsWith("/")) throw invalid(parts, "needs an absolute path: `unix:///run/redis.sock`");
  allowOptions(parts, ["db"]);
  const credentials = at < 0 ? {} : readCredentials(parts, parts.authority.slice(0, at));
  return { kind: "unix", path, ...credentials, db: readDatabase(parts, parts.query.get("db")) };
}

function parseSentinel(parts: UrlParts): SentinelBroker {
  const { credentials, hosts } = readAuthority(parts, DEFAULT_SENTINEL_PORT);
  const [, primary, database] = /^\/([^/]+)(?:\/(\d+))?\/?$/.exec(parts.path) ?? [];
  if (primary === undefined) {
    throw invalid(parts, "does not name the primary; write `redis+sentinel://host:26379/primary`");
  }
  allowOptions(parts, ["db", "sentinelUsername", "sentinelPassword", ...tlsOptionNames(parts)]);
  const sentinelUsername = parts.query.get("sentinelUsername");
  const sentinelPassword = parts.query.get("sentinelPassword");
  return {
    kind: "sentinel",
    sentinels: hosts,
    primary: decode(parts, primary),
    ...credentials,
    db: readDatabase(parts, database ?? parts.query.get("db")),
    ...(sentinelUsername === null ? {} : { sentinelUsername }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...readTls(parts),
  };
}

function parseCluster(parts: UrlParts): ClusterBroker {
  const { credentials, hosts } = readAuthority(parts, DEFAULT_PORT);
  if (!/^(\/0?)?$/.test(parts.path)) throw invalid(parts, "names a database; a Redis Cluster has only database 0");
  allowOptions(parts, tlsOptionNames(parts));
  return { kind: "cluster", nodes: hosts, ...credentials, ...readTls(parts) };
}

function parseBare<Bare extends Broker>(parts: UrlParts, broker: Bare): Bare {
  if (parts.authority !== "" || parts.path !== "") {
    throw invalid(parts, `takes nothing behind the colon; write \`${parts.scheme}:\``);
  }
  allowOptions(parts, []);
  return broker;
}

function readAuthority(parts: UrlParts, defaultPort: number): { credentials: Credentials; hosts: HostAndPort[] } {
  // The last `@` ends the credentials, so a password may hold one that nobody encoded.
  const at = parts.authority.lastIndexOf("@");
  const hosts = parts.authority.slice(at + 1);
  if (hosts === "") throw invalid(parts, `names no host; write \`${parts.scheme}://host:${defaultPort}\``);
  return {
    credentials: at < 0 ? {} : readCredentials(parts, parts.authority.slice(0, at)),
    hosts: hosts.split(",").map((host) => readHost(parts, host, defaultPort)),
  };
}

function readCredentials(parts: UrlParts, text: string): Credentials {
  const colon = text.indexOf(":");
  const username = decode(parts, colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? "" : decode(parts, text.slice(colon + 1));
  return { ...(username === "" ? {} : { username }), ...(password === "" ? {} : { password }) };
}

function readHost(parts: UrlParts, text: string, defaultPort: number): HostAndPort {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw invalid(
      parts,
      `has the host "${text}"; write a name or an address, and a port of 1 to 65535 if it needs one`,
    );
  }
  return { host: decode(parts, host), port };
}

function readDatabase(parts: UrlParts, text: string | null): number {
  if (text === null) return 0;
  if (!/^\d{1,5}$/.test(text)) throw invalid(parts, `has the database "${text}"; write a number of at least 0`);
  return Number(text);
}

function readTls(parts: UrlParts): { tls?: TlsFiles } {
  if (!usesTls(parts)) return {};
  const given = TLS_OPTIONS.flatMap((name): [string, string][] => {
    const value = parts.query.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { tls: Object.fromEntries(given) };
}

function usesTls(parts: UrlParts): boolean {
  return parts.scheme.startsWith("rediss");
}

function tlsOptionNames(parts: UrlParts): readonly string[] {
  return usesTls(parts) ? TLS_OPTIONS : [];
}

function allowOptions(parts: UrlParts, known: readonly string[]): void {
  for (const name of parts.query.keys()) {
    if (known.includes(name)) continue;
    const list = known.length === 0 ? "it takes none" : `it takes ${known.map((one) => `\`${one}\``).join(", ")}`;
    throw invalid(parts, `has the unknown option \`${name}\`; ${list}${didYouMean(name, known)}`);
  }
}

function decode(parts: UrlParts, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new OptionError(
      `broker "${hideSecrets(parts.text)}" has a \`%\` that is not followed by two hex digits; write \`%25\` for it`,
      { cause },
    );
  }
}

function unknownScheme(text: string, scheme: string): OptionError {
  const shown = `broker "${hideSecrets(text)}"`;
  const foreign = Object.hasOwn(FOREIGN_SCHEMES, scheme) ? FOREIGN_SCHEMES[scheme] : undefined;
  if (foreign !== undefined) return new OptionError(`${shown} has the scheme \`${scheme}\`; ${foreign}`);
  const guess = didYouMean(scheme, Object.keys(SCHEMES));
  return new OptionError(
    `${shown} has the unknown scheme \`${scheme}\`; ${guess === "" ? examples() : guess.slice(2)}`,
  );
}

function invalid(parts: UrlParts, problem: string): OptionError {
  return new OptionError(`broker "${hideSecrets(parts.text)}" ${problem}`);
}

function examples(): string {
  return "write `redis://host:6379`, `rediss://`, `redis+sentinel://`, `redis+cluster://`, `unix:///path`, `embedded:` or `memory:`";
}
