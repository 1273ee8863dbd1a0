-- Ends attempts of nodes: stores their results and starts what is ready then. Safe to repeat: an attempt whose token is
-- not the slice's any more changes nothing.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] channel of the run   ARGV[2] expiry of an ended run, ms   ARGV[3] longest result to tell with the news, bytes
-- ARGV[4] window: how many slices of a run may be in flight before members of groups wait
-- then for each settlement: slice's first node, node, token, S|F, result, join, is tail, dead end,
--   incarnation that goes on with the only successor or '', next starts, error starts (tokens joined by commas)
-- Returns {accepted and claimed flags, run ended, dispatches, spreads, {room, spread, handed out}}.  O(successors)
-- @include advance
local flags = {}
for at = 5, #ARGV, 11 do
  local first, index, token, outcome = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local flight = redis.call('HGET', FLIGHTS, first)
  local held_token, bits
  if flight then held_token, bits = string.match(flight, '^%d+|(%d+)|(%w+)|') end
  local offset = tonumber(index) - tonumber(first) + 1
  if held_token ~= token or string.sub(bits, offset, offset) ~= 'r' then
    flags[#flags + 1] = '0'
  else
    if string.find(bits, '[0r]', offset + 1) or string.find(string.sub(bits, 1, offset - 1), '[0r]') then
      local settled = string.sub(bits, 1, offset - 1) .. '1' .. string.sub(bits, offset + 1)
      local head, tail = string.match(flight, '^(%d+|%d+|)%w+(|.*)$')
      redis.call('HSET', FLIGHTS, first, head .. settled .. tail)
    else
      redis.call('HDEL', FLIGHTS, first)
    end
    redis.call('HSET', RESULTS, index, outcome .. ARGV[at + 4])
    ended[#ended + 1] = index
    local join, is_tail, dead_end = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
    local flag = '1'
    if outcome == 'S' then
      if ARGV[at + 8] ~= '' then
        start(ARGV[at + 9], ARGV[at + 8])
        flag = '2'
      else
        start_all(ARGV[at + 9])
      end
      if is_tail == '1' then leave(join, nil) end
    else
      kill(index, dead_end, index)
      start_all(ARGV[at + 10])
      leave(join, index)
    end
    flags[#flags + 1] = flag
  end
end
local run_ended, _, _, refill = conclude(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return { table.concat(flags), run_ended, dispatches, spreads, refill }
