-- Gives nodes of a slice back that have not begun, in slices of their own. Nothing happens if the slice is no longer held or
-- one of them has ended.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] key   ARGV[2] token   then for each part, three: first node, count, stride
-- Returns the dispatches.  O(nodes of the slice)
-- @include advance
local flight = redis.call('HGET', FLIGHTS, ARGV[1])
if not flight then return {} end
local generation, token, bits, holder, due, expires, cause, stride =
  string.match(flight, '^(%d+)|(%d+)|(%w+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(%d+)$')
if token ~= ARGV[2] then return {} end
local first, letters = tonumber(string.match(ARGV[1], '^%d+')), {}
for at = 1, #bits do letters[at] = string.sub(bits, at, at) end
for at = 3, #ARGV, 3 do
  for member = 0, tonumber(ARGV[at + 1]) - 1 do
    local place = (tonumber(ARGV[at]) + member * tonumber(ARGV[at + 2]) - first) / tonumber(stride) + 1
    if letters[place] ~= 'r' then return {} end
    letters[place] = '1'
  end
end
bits = table.concat(letters)
if string.find(bits, '[0r]') then
  redis.call('HSET', FLIGHTS, ARGV[1], generation .. '|' .. token .. '|' .. bits .. '|' .. holder .. '|' .. due .. '|'
    .. expires .. '|' .. cause .. '|' .. stride)
else
  redis.call('HDEL', FLIGHTS, ARGV[1])
  if #letters > 1 then shared = shared - 1 end
end
for at = 3, #ARGV, 3 do
  local count = ARGV[at + 1]
  fly(ARGV[at], count, (generation + 1) .. '|0|' .. string.rep('0', tonumber(count)) .. '||' .. now .. '|' .. expires .. '|'
    .. cause .. '|' .. ARGV[at + 2])
  if count ~= '1' then shared = shared + 1 end
  dispatch(ARGV[at], count, ARGV[at + 2], generation + 1, 0)
end
write_changes()
return dispatches
