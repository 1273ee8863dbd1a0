-- Lets nodes of a run that is being resumed or forked be as if they had not run, and others as if they had.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] the resumer   ARGV[2] number of nodes that are to run again, then each
-- then the number of tasks that were replaced and run again themselves, then each; then the number of joins, then for each: index, members missing, spread that hands them out now or '', tails that were
--   added (each behind a comma), record of a replaced task or ''
-- then for each node that is taken from another run: index, result, 1 if it may be packed
-- Returns 1, or 0 when somebody else resumes the run now.  O(nodes and those packed with them)
-- @include packed
-- @include advance
if string.match(redis.call('HGET', GRAPH, 'A') or '', '^[^|]*') ~= ARGV[1] then return 0 end
local at = 3
for position = at, at + tonumber(ARGV[2]) - 1 do
  local index = ARGV[position]
  -- What is packed with others is taken apart first.
  local page = page_of(index)
  if unpack_page(page)[tonumber(index)] then
    for member, value in pairs(unpack_page(page)) do
      if redis.call('HEXISTS', RESULTS, string.format('%d', member)) == 0 then
        redis.call('HSET', RESULTS, string.format('%d', member), 'S' .. value)
      end
    end
    redis.call('HDEL', RESULTS, 'p' .. page)
    unpacked_pages[page] = {}
  end
  redis.call('HDEL', RESULTS, index)
  redis.call('HDEL', COUNTS, 't' .. index, 'd' .. index, 's' .. index)
end
at = at + tonumber(ARGV[2])
local replaced_count = tonumber(ARGV[at])
for position = at + 1, at + replaced_count do
  redis.call('HDEL', GRAPH, 'j' .. ARGV[position])
  redis.call('HDEL', JOINS, ARGV[position], 'x' .. ARGV[position])
end
at = at + 1 + replaced_count
local join_count = tonumber(ARGV[at])
for first = at + 1, at + 5 * join_count, 5 do
  local join, waits, spread, added, record = unpack(ARGV, first, first + 4)
  redis.call('HSET', JOINS, join, waits)
  redis.call('HDEL', JOINS, 'x' .. join, 'l' .. join)
  if added ~= '' then redis.call('HSET', JOINS, 'a' .. join, added) end
  if record ~= '' then redis.call('HSET', GRAPH, 'j' .. join, record) end
  if spread ~= '' then
    local before = redis.call('HGET', GRAPH, 'j' .. join)
    local moved, count = string.gsub(before, '|f%d+,', '|f' .. spread .. ',')
    if count > 0 then redis.call('HSET', GRAPH, 'j' .. join, moved) end
  end
end
for first = at + 1 + 5 * join_count, #ARGV, 3 do
  local index, record, is_tail = ARGV[first], ARGV[first + 1], ARGV[first + 2]
  if is_tail == '1' and string.sub(record, 1, 1) == 'S' and #record <= PACKED_BYTES then end_packed(index, string.sub(record, 2))
  else end_node(index, record) end
end
write_changes()
return 1
