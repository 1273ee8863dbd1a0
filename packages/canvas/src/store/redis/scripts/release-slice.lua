-- Gives nodes of a slice back that have not begun, in slices of their own. Nothing happens if the slice is no longer held.
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
-- What has ended meanwhile was revoked; the others of its part go alone.
local parts = {}
for at = 3, #ARGV, 3 do
  local part_first, count, part_stride, left = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2], {}
  for member = 0, count - 1 do
    local index = part_first + member * tonumber(part_stride)
    local place = (index - first) / tonumber(stride) + 1
    if letters[place] == 'r' then
      letters[place] = '1'
      left[#left + 1] = string.format('%d', index)
    end
  end
  if #left == count then
    parts[#parts + 1] = { ARGV[at], ARGV[at + 1], part_stride }
  else
    for _, index in ipairs(left) do parts[#parts + 1] = { index, '1', '1' } end
  end
end
if #parts == 0 then return {} end
bits = table.concat(letters)
if string.find(bits, '[0r]') then
  redis.call('HSET', FLIGHTS, ARGV[1], generation .. '|' .. token .. '|' .. bits .. '|' .. holder .. '|' .. due .. '|'
    .. expires .. '|' .. cause .. '|' .. stride)
else
  redis.call('HDEL', FLIGHTS, ARGV[1])
  if #letters > 1 then shared = shared - 1 end
end
for _, part in ipairs(parts) do
  local count = part[2]
  fly(part[1], count, (generation + 1) .. '|' .. first_token() .. '|' .. string.rep('0', tonumber(count)) .. '||' .. now .. '|' .. expires .. '|'
    .. cause .. '|' .. part[3])
  if count ~= '1' then shared = shared + 1 end
  dispatch(part[1], count, part[3], generation + 1, 0)
end
write_changes()
return dispatches
