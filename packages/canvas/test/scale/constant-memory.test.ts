import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { redisPath } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

/** All at once, as members of a `group`, they do not fit into the heap that the client is given. */
const MEMBERS = 250_000;
const HEAP_MB = 64;

let shop: Shop;

beforeAll(() => {
  shop = new Shop();
});

afterAll(async () => {
  await shop.close();
});

test("a client that streams a large group needs no memory for its members", async () => {
  const client = join(import.meta.dirname, "streaming-client.ts");
  const options = [`--max-old-space-size=${HEAP_MB}`, "--conditions=source", "--import", "tsx"];
  const { stdout: id } = await promisify(execFile)(
    process.execPath,
    [...options, client, redisPath(), shop.place.prefix, String(MEMBERS)],
    { env: { ...process.env, NODE_OPTIONS: "" } },
  );
  const members = await shop.app.groupResult(id).results();
  expect(members).toHaveLength(MEMBERS);
  expect(await members.at(-1)?.state()).toBe("PENDING");
}, 30_000);
