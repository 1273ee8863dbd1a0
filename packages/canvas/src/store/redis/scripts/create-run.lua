-- Stores a run and starts its first nodes. A run that is there already is left as it is.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] meta   ARGV[2] result node   ARGV[3] channel of the client, or ''
-- ARGV[4] process without which nobody can run it, or ''   ARGV[5] number of pages in all
-- ARGV[6] number of pages that come here, then each page
-- then the number of joins, then for each: index, size, record
-- then how many pages and joins were staged before, or '' if all came here; then the start tokens
-- Returns {"exists"} | {"lost"} when not all is there that was staged | {"created", dispatches, spreads}.  O(nodes in ARGV)
-- @include run

-- A lone task that is due at once: the same as below, before the rest is even defined.
local function create_lone()
  local index = string.match(ARGV[10] or '', '^t(%d+)$')
  if #ARGV ~= 10 or ARGV[6] ~= '1' or ARGV[8] ~= '0' or ARGV[9] ~= '' or not index then return nil end
  if redis.call('HEXISTS', GRAPH, 'm') == 1 then return { 'exists' } end
  redis.call('HSET', GRAPH, 'p0', ARGV[7], 'm', ARGV[1], 'R', ARGV[2], 'P', ARGV[5])
  if ARGV[3] ~= '' then redis.call('HSET', GRAPH, 'n', ARGV[3]) end
  if ARGV[4] ~= '' then redis.call('HSET', GRAPH, 'o', ARGV[4]) end
  redis.call('HSET', FLIGHTS, index, '1|0|0||' .. read_clock() .. '|||1')
  return { 'created', { index, '1', '1', '1', '0' }, {} }
end
local created = create_lone()
if created then return created end
-- @include advance
if redis.call('HEXISTS', GRAPH, 'm') == 1 then return { 'exists' } end
local at = 6
local page_count = tonumber(ARGV[at])
for page = 0, page_count - 1 do redis.call('HSET', GRAPH, 'p' .. page, ARGV[at + 1 + page]) end
at = at + 1 + page_count
local join_count = tonumber(ARGV[at])
for number = 1, join_count do
  local index, size, record = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  redis.call('HSET', GRAPH, 'j' .. index, record)
  redis.call('HSET', JOINS, index, size)
  at = at + 3
end
at = at + 1
if ARGV[at] ~= '' then
  if redis.call('HLEN', GRAPH) ~= tonumber(ARGV[at]) then return { 'lost' } end
  redis.call('PERSIST', GRAPH)
  redis.call('PERSIST', JOINS)
end
redis.call('HSET', GRAPH, 'm', ARGV[1], 'R', ARGV[2], 'P', ARGV[5])
if ARGV[3] ~= '' then redis.call('HSET', GRAPH, 'n', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('HSET', GRAPH, 'o', ARGV[4]) end
for position = at + 1, #ARGV do start(ARGV[position]) end
write_changes()
return { 'created', dispatches, spreads }
