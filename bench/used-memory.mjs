/** What the data in a Redis take, bytes. One rule: buffers of connections and the text of scripts are no data. */
export async function usedMemory(redis) {
  const memory = await redis.info("memory");
  const field = (name) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(memory)?.[1] ?? 0);
  return field("used_memory") - field("mem_clients_normal") - field("used_memory_scripts_eval");
}
