-- Gives a slice to the worker whose job points to it, unless it is done, was dispatched anew, or runs elsewhere.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] first node   ARGV[2] generation   ARGV[3] incarnation that claims   ARGV[4] holder known to be lost, or ''
-- ARGV[5] number of the page to send, or ''
-- Returns {"claimed", token, deliveries, cause, page, meta, retries, 1 if it has expired} | {"held", holder} | {"past"} | {"missing"}.  O(slice)
-- @include run
local flight = redis.call('HGET', FLIGHTS, ARGV[1])
if not flight then
  if redis.call('HEXISTS', GRAPH, 'm') == 1 then return { 'past' } end
  return { 'missing' }
end
local generation, token, bits, holder, due, expires, cause =
  string.match(flight, '^(%d+)|(%d+)|(%w+)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
if generation ~= ARGV[2] then return { 'past' } end
if holder ~= '' and holder ~= ARGV[3] and holder ~= ARGV[4] then return { 'held', holder } end
local deliveries = 0
if holder ~= '' and holder ~= ARGV[3] then
  -- Only what was running when its worker was lost counts as lost with it.
  for offset = 1, #bits do
    if string.sub(bits, offset, offset) == 'r' then
      local lost = redis.call('HINCRBY', COUNTS, 'd' .. (tonumber(ARGV[1]) + offset - 1), 1)
      if offset == 1 then deliveries = lost end
    end
  end
end
token = tonumber(token) + 1
bits = string.gsub(bits, '0', 'r')
redis.call('HSET', FLIGHTS, ARGV[1], generation .. '|' .. token .. '|' .. bits .. '|' .. ARGV[3] .. '|' .. due .. '|' .. expires .. '|' .. cause)
local page, meta = false, false
if ARGV[5] ~= '' then
  local read = redis.call('HMGET', GRAPH, 'p' .. ARGV[5], 'm')
  page, meta = read[1], read[2]
end
local retries = redis.call('HGET', COUNTS, 't' .. ARGV[1]) or 0
local has_expired = expires ~= '' and tonumber(expires) < read_clock() and 1 or 0
return { 'claimed', token, deliveries, cause, page, meta, retries, has_expired }
