-- Forgets results of a run that has ended; with the run's own result, all of the run.
-- KEYS: the run's (see keys.ts)
-- ARGV: the nodes
-- Returns "forgotten" | "deleted" | "running" | "missing".  O(nodes), or O(1) and the memory of the run
-- @include run
local stored = redis.call('HMGET', GRAPH, 'm', 'e', 'R')
if not stored[1] then return 'missing' end
if not stored[2] then return 'running' end
for _, index in ipairs(ARGV) do
  if index == stored[3] then
    redis.call('UNLINK', unpack(KEYS))
    return 'deleted'
  end
end
for _, index in ipairs(ARGV) do redis.call('HSET', RESULTS, index, 'X') end
return 'forgotten'
