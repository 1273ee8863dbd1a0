-- Hands out members of a group, in order. Nothing happens if somebody else has handed them out.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] to ARGV[4]: as in settle-nodes
-- ARGV[5] spread   ARGV[6] how many were handed out before   ARGV[7] join   ARGV[8] members in all   then start tokens
-- Returns {"" or "0" when it was too late, run ended, dispatches, spreads, {room, spread, handed out}}.  O(tokens)
-- @include advance
local opened = redis.call('HGET', OPEN, ARGV[5])
local flags = ''
if not opened then return { '0', 0, {}, {}, { '0' } } end
local handed_out, cause = string.match(opened, '^(%d+)|(%d*)$')
if handed_out ~= ARGV[6] then
  flags = '0'
else
  for position = 9, #ARGV do start(cause == '' and ARGV[position] or ARGV[position] .. '@' .. cause) end
  local total = tonumber(ARGV[8])
  local reached = tonumber(ARGV[6]) + #ARGV - 8
  if reached < total then
    redis.call('HSET', OPEN, ARGV[5], reached .. '|' .. cause)
  else
    redis.call('HDEL', OPEN, ARGV[5])
    -- A group without members has ended as soon as it starts.
    if total == 0 then leave(close_join(ARGV[7])) end
  end
end
local run_ended, _, _, refill = conclude(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return { flags, run_ended, dispatches, spreads, refill }
