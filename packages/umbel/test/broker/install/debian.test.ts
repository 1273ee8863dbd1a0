import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { installFromDebian } from "../../../src/broker/install/debian.ts";
import type { System } from "../../../src/broker/install/system.ts";

const DEBIAN: System = { kind: "debian", name: "Debian 12", advice: "type `the command`" };

let root: string;
let reported: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "umbel-test-"));
  reported = [];
  mkdirSync(join(root, "bin"));
});

afterEach(() => rmSync(root, { recursive: true }));

/** What the package manager of a test says and holds. */
interface Archive {
  /** The version of `redis-server` that it offers. */
  readonly redis?: string;
  readonly valkey?: string;
  /** Whether `dpkg` says that the library is installed. */
  readonly libraryInstalled?: boolean;
  /** Whether the library's package holds the library. */
  readonly libraryBroken?: boolean;
  readonly updateFails?: boolean;
}

/** Puts programs into `bin` that behave as Debian's do; a server needs the library `libneed.so.1` to start. */
function makeTools({
  redis = "(none)",
  valkey = "(none)",
  libraryInstalled,
  libraryBroken,
  updateFails,
}: Archive): void {
  const policy = (name: string, version: string) =>
    `echo "${name}:"; echo "  Installed: (none)"; echo "  Candidate: ${version}"`;
  tool(
    "apt-get",
    `echo "apt-get $*" >> ${root}/calls
case "$*" in
  *update*) ${updateFails === true ? 'echo "E: no network" >&2; exit 100' : "exit 0"};;
  *download*) seen=; for name; do if [ "$seen" ]; then echo "$name" > "$name.deb"; fi; if [ "$name" = download ]; then seen=1; fi; done;;
esac`,
  );
  tool(
    "apt-cache",
    `case "$*" in
  *policy*)
    ${policy("redis-server", redis)}; ${policy("redis-tools", redis)}
    ${policy("valkey-server", valkey)}; ${policy("valkey-tools", valkey)};;
  *redis-server*|*valkey-server*)
    echo "redis-tools"; echo "  Depends: adduser"; echo "  Depends: libc6"; echo " |Depends: libneed1"; echo "  Depends: libother1"; echo "  Depends: <libvirtual>";;
  *libneed1*) echo "libneed1"; echo "  Depends: libc6"; echo "  PreDepends: libdeep1";;
esac`,
  );
  tool(
    "dpkg-deb",
    `package=$(cat "$2"); mkdir -p "$3/usr/bin" "$3/usr/lib/arch"
case "$package" in
  *-server) echo "${server(redis === "(none)" ? "Valkey" : "Redis")}" > "$3/usr/bin/$package"; chmod +x "$3/usr/bin/$package";;
  libneed1) ${libraryBroken === true ? ":" : 'touch "$3/usr/lib/arch/libneed.so.1"'};;
esac`,
  );
  tool("dpkg-query", libraryInstalled === true ? 'echo "installed libneed1"' : 'echo "not-installed libneed1"');
}

function server(product: string): string {
  const missing = "error while loading shared libraries: libneed.so.1: cannot open shared object file";
  return [
    "#!/bin/sh",
    `[ -e \\"\\\${LD_LIBRARY_PATH%%:*}/libneed.so.1\\" ] || { echo '${missing}' >&2; exit 127; }`,
    `echo '${product} server v=8.0.0 sha=0'`,
  ].join("\n");
}

function tool(name: string, script: string): void {
  const path = join(root, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const install = () =>
  installFromDebian(DEBIAN, {
    environment: { PATH: `${join(root, "bin")}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, "cache") },
    report: (line) => reported.push(line),
  });

const cache = () => readdirSync(join(root, "cache/umbel/redis"));

test("the distribution's server is unpacked into the cache with the libraries that are missing", async () => {
  makeTools({ redis: "5:7.0.15-1~deb12u1" });
  const path = join(root, `cache/umbel/redis/redis-server-5_7.0.15-1~deb12u1-${process.arch}/redis-server`);
  expect(await install()).toEqual({ path, product: "Redis", version: "8.0.0" });
  expect(cache()).toHaveLength(1);
  expect(reported).toEqual([
    "reading the package lists of Debian 12",
    "downloading redis-server and redis-tools 5:7.0.15-1~deb12u1",
    "downloading libneed1, libdeep1",
  ]);
});

test("a library that dpkg says is installed is taken too where it is missing all the same", async () => {
  makeTools({ redis: "5:7.0.15-1", libraryInstalled: true });
  expect(await install()).toMatchObject({ product: "Redis" });
  expect(reported.slice(2)).toEqual(["downloading libdeep1", "downloading libneed1"]);
});

test("apt works on folders of ours only", async () => {
  makeTools({ redis: "5:7.0.15-1" });
  await install();
  const calls = readFileSync(join(root, "calls"), "utf8").trim().split("\n");
  expect(calls).toHaveLength(3);
  for (const call of calls) {
    for (const name of [
      "Dir::State",
      "Dir::State::lists",
      "Dir::State::status",
      "Dir::Cache",
      "Dir::Cache::archives",
      "Dir::Log",
    ]) {
      expect(call).toContain(`-o ${name}=${join(root, "cache/umbel/redis/.unpacking-")}`);
    }
  }
});

test("Valkey is taken where Redis is too old or missing", async () => {
  makeTools({ valkey: "8.0.1+dfsg-1" });
  expect(await install()).toMatchObject({ product: "Valkey" });
});

test.each<[string, Archive, string]>([
  [
    "a version that is too old",
    { redis: "5:6.0.16-1" },
    "cannot install a server from Debian 12: Redis 6.0.16 is too old",
  ],
  ["lists without a server", {}, "its package lists hold no redis-server; type `the command`"],
  ["lists that cannot be read", { updateFails: true }, "type `the command`:\nE: no network"],
  ["a server that does not run", { redis: "5:7.0.15-1", libraryBroken: true }, "cannot be used here: "],
])("%s is told, and nothing is left in the cache", async (_, archive, message) => {
  makeTools(archive);
  await expect(install()).rejects.toThrow(message);
  expect(cache()).toEqual([]);
});

test("two installations at once come to the same server", async () => {
  makeTools({ redis: "5:7.0.15-1" });
  const [first, second] = await Promise.all([install(), install()]);
  expect(second).toEqual(first);
  expect(cache()).toHaveLength(1);
});

test("what a killed installation left is removed by a later one", async () => {
  makeTools({ redis: "5:7.0.15-1" });
  const stale = join(root, "cache/umbel/redis/.unpacking-old");
  mkdirSync(stale, { recursive: true });
  utimesSync(stale, 0, 0);
  mkdirSync(join(root, "cache/umbel/redis/.unpacking-now"));
  await install();
  expect(cache().filter((name) => name.startsWith("."))).toEqual([".unpacking-now"]);
});
