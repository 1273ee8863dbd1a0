-- Reads what is known of one node.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] node
-- Returns {"result", record} | {"flight", bits, retries} | {"dead", cause} | {"waiting"} | {"unknown"}.  O(log failures)
-- @include run
local record = redis.call('HGET', RESULTS, ARGV[1])
if record then return { 'result', record } end
local flight = redis.call('HGET', FLIGHTS, ARGV[1])
if flight then
  return { 'flight', string.match(flight, '^%d+|%d+|(%w+)|'), redis.call('HGET', COUNTS, 't' .. ARGV[1]) or 0 }
end
if redis.call('HEXISTS', GRAPH, 'm') == 0 then return { 'unknown' } end
local index = tonumber(ARGV[1])
-- Ranges do not nest but where a whole run is ended, so the nearest ones below decide.
for _, range in ipairs(redis.call('ZREVRANGEBYSCORE', DEAD, index, '-inf', 'LIMIT', 0, 16)) do
  local last, cause = string.match(range, '^%d+:(%d+):(%d+)$')
  if tonumber(last) >= index then return { 'dead', cause } end
end
return { 'waiting' }
