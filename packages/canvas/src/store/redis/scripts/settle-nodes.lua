-- Ends attempts of nodes: stores their results and starts what is ready then. Safe to repeat: an attempt whose token is
-- not the slice's any more changes nothing.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] channel of the run   ARGV[2] expiry of an ended run, ms   ARGV[3] longest result to tell with the news, bytes
-- ARGV[4] window: how many slices of a run may be in flight before members of groups wait
-- then for each settlement, twelve: slice's first node, node, token, outcome, payload, join, is tail, dead end,
--   incarnation that goes on with the only successor or '', next starts, error starts (tokens joined by commas),
--   members added to joins (`join:tail:start`, joined by commas)
-- outcomes: S value | F error | I | R reason | T milliseconds until it is tried again
--   | P record of the join that the node becomes; next starts are then those of what replaces it
-- Returns {accepted and claimed flags, run ended, dispatches, spreads, {room, then spread, handed out of each to go on
--   with}}.  O(successors)
-- @include advance

-- Puts a node back: the same slice in a new generation, due later.
local function retry(first, flight, delay)
  local generation, token, bits, tail = string.match(flight, '^(%d+)|(%d+)|(%w+)|[^|]*|[^|]*(|.*)$')
  generation = tonumber(generation) + 1
  local due = now + tonumber(delay)
  redis.call('HSET', FLIGHTS, first, generation .. '|' .. token .. '|' .. string.gsub(bits, 'r', '0') .. '||' .. due .. tail)
  redis.call('HINCRBY', COUNTS, 't' .. first, 1)
  local last = #dispatches
  dispatches[last + 1], dispatches[last + 2], dispatches[last + 3] = first, tostring(generation), delay
end

local flags = {}
-- Only where some task has given itself a state there may be one to take back.
local has_states = redis.call('HEXISTS', COUNTS, 's') == 1
for at = 5, #ARGV, 12 do
  local first, index, token, outcome = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local flight = redis.call('HGET', FLIGHTS, first)
  local held_token, bits
  if flight then held_token, bits = string.match(flight, '^%d+|(%d+)|(%w+)|') end
  local offset = tonumber(index) - tonumber(first) + 1
  if held_token ~= token or string.sub(bits, offset, offset) ~= 'r' then
    flags[#flags + 1] = '0'
  else
    if has_states then redis.call('HDEL', COUNTS, 's' .. index) end
    if outcome == 'T' then
      retry(first, flight, ARGV[at + 4])
    elseif string.find(bits, '[0r]', offset + 1) or string.find(string.sub(bits, 1, offset - 1), '[0r]') then
      local settled = string.sub(bits, 1, offset - 1) .. '1' .. string.sub(bits, offset + 1)
      local head, tail = string.match(flight, '^(%d+|%d+|)%w+(|.*)$')
      redis.call('HSET', FLIGHTS, first, head .. settled .. tail)
    else
      redis.call('HDEL', FLIGHTS, first)
    end
    local join, is_tail, dead_end = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
    local flag = '1'
    if outcome ~= 'T' and outcome ~= 'P' then
      redis.call('HSET', RESULTS, index, outcome .. ARGV[at + 4])
      ended[#ended + 1] = index
    end
    if outcome == 'P' then
      -- It becomes a join of the one tail of what replaces it.
      redis.call('HSET', GRAPH, 'j' .. index, ARGV[at + 4])
      redis.call('HSET', JOINS, index, 1)
      start_all(ARGV[at + 9])
    elseif outcome == 'S' then
      for added_join, tail, token in string.gmatch(ARGV[at + 11], '(%d+):(%d+):([^,]+)') do
        redis.call('HINCRBY', JOINS, added_join, 1)
        redis.call('HSET', JOINS, 'a' .. added_join, (redis.call('HGET', JOINS, 'a' .. added_join) or '') .. ',' .. tail)
        start(token)
      end
      if ARGV[at + 8] ~= '' then
        start(ARGV[at + 9], ARGV[at + 8])
        flag = '2'
      else
        start_all(ARGV[at + 9])
      end
      if is_tail == '1' then leave(join, nil) end
    elseif outcome ~= 'T' then
      kill(index, dead_end, index)
      start_all(ARGV[at + 10])
      leave(join, index)
    end
    flags[#flags + 1] = flag
  end
end
-- A run that is gone must not come back as a few keys, nor live longer for what changed nothing.
local flags_text = table.concat(flags)
if not string.find(flags_text, '[12]') then return { flags_text, 0, {}, {}, { '0' } } end
local run_ended, _, _, refill = conclude(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return { flags_text, run_ended, dispatches, spreads, refill }
