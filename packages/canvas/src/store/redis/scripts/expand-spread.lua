-- Hands out members of a group, in order. Nothing happens if somebody else has handed them out. Those of a group that is
-- revoked are not handed out: they leave it at once, however many they are. Errbacks have no join to leave.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] to ARGV[4]: as in settle-nodes
-- ARGV[5] spread   ARGV[6] how many were handed out before   ARGV[7] how many are then   ARGV[8] join or -1
-- ARGV[9] members in all   ARGV[10] how many of them may be in flight, each in a slice of its own, or ''
-- then start tokens
-- Returns {"" or "0" when it was too late, run ended, dispatches, spreads, {room, shared, then spread, handed out of each
--   to go on with}}.  O(nodes of the tokens)
-- @include advance
local opened = redis.call('HGET', OPEN, ARGV[5])
local flags = ''
if not opened then return { '0', 0, {}, {}, { '0', '0' } } end
local handed_out, cause, since = string.match(opened, '^(%d+)|(%d*)|(%d+)$')
if handed_out ~= ARGV[6] then
  flags = '0'
elseif #ARGV > 10 and revocation_of(ARGV[5]) then
  redis.call('HDEL', OPEN, ARGV[5])
  if ARGV[8] ~= '-1' then
    -- All but the first; that one leaves as any member does, and ends the join if nothing else is in flight.
    count_missing(ARGV[8], 1 - (tonumber(ARGV[9]) - tonumber(handed_out)))
    leave(ARGV[8], string.match(ARGV[11], '%d+'))
  end
else
  local total, limit, tokens = tonumber(ARGV[9]), tonumber(ARGV[10]), #ARGV - 10
  local seats
  local reached = tonumber(ARGV[7])
  if limit then
    -- What was handed out and has not ended is in flight; the join knows how many of all have not ended.
    seats = limit - (tonumber(handed_out) - total + tonumber(redis.call('HGET', JOINS, ARGV[8])))
    tokens = math.max(0, math.min(tokens, seats))
    reached = tonumber(handed_out) + tokens
  end
  -- Its members became ready when the group did, however late they are handed out.
  for position = 11, 10 + tokens do
    start(cause == '' and ARGV[position] or ARGV[position] .. '@' .. cause, nil, tonumber(since))
  end
  if reached < total and limit and tokens >= seats then
    redis.call('HDEL', OPEN, ARGV[5])
    redis.call('HSET', JOINS, 'l' .. ARGV[8], ARGV[5] .. '|' .. reached .. '|' .. cause .. '|' .. since, 'l', 1)
  elseif reached < total then
    redis.call('HSET', OPEN, ARGV[5], reached .. '|' .. cause .. '|' .. since)
  else
    redis.call('HDEL', OPEN, ARGV[5])
    -- A group without members has ended as soon as it starts.
    if total == 0 then leave(close_join(ARGV[8])) end
  end
end
local run_ended, _, _, refill = conclude(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return { flags, run_ended, dispatches, spreads, refill }
