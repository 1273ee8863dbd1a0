-- Forgets results of a run that has ended; with the run's own result, all of the run.
-- KEYS: the run's (see keys.ts)
-- ARGV: the nodes
-- Returns "forgotten" | "deleted" | "running" | "missing".  O(nodes and those packed with them), or O(1) and the memory of the run
-- @include packed
local stored = redis.call('HMGET', GRAPH, 'm', 'e', 'R')
if not stored[1] then return 'missing' end
if not stored[2] then return 'running' end
for _, index in ipairs(ARGV) do
  if index == stored[3] then
    redis.call('UNLINK', unpack(KEYS))
    return 'deleted'
  end
end
for _, index in ipairs(ARGV) do
  -- What is packed with others is taken apart first: a node's result stands in one place.
  local page = page_of(index)
  if redis.call('HEXISTS', RESULTS, 'p' .. page) == 1 then
    for member, value in pairs(unpack_page(page)) do redis.call('HSET', RESULTS, string.format('%d', member), 'S' .. value) end
    redis.call('HDEL', RESULTS, 'p' .. page)
  end
  redis.call('HSET', RESULTS, index, 'X')
end
return 'forgotten'
