-- Gives slices to a worker whose jobs point to them, but for those that are done, were dispatched anew, run elsewhere, or
-- whose time has not come.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] incarnation that claims   ARGV[2] version of the graphs that it knows
-- then for each slice, four: key, generation, holder known to be lost or '', number of the page to send or ''
-- Returns for each {"claimed", token, bits, deliveries, cause, retries, 1 if it has expired, nodes that were revoked, page,
--   meta} | {"held", holder} | {"early", ms until then} | {"paused"} | {"past"} | {"missing"}
--   | {"foreign", version}.  O(nodes of the slices)
-- @include revoked
local now = read_clock()
local meta = redis.call('HGET', GRAPH, 'm')
-- As JSON has it; in text that people gave, the quotes would be escaped.
local version = meta and string.match(meta, '"version":(%d+)') or ARGV[2]

local function claim(key, expected, lost_holder, page)
  local flight = redis.call('HGET', FLIGHTS, key)
  if not flight then
    if meta then return { 'past' } end
    return { 'missing' }
  end
  if version ~= ARGV[2] then return { 'foreign', version } end
  local generation, token, bits, holder, due, expires, cause, stride =
    string.match(flight, '^(%d+)|(%d+)|(%w+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(%d+)$')
  if generation ~= expected then return { 'past' } end
  if holder ~= '' and holder ~= ARGV[1] and holder ~= lost_holder then return { 'held', holder } end
  if holder == '' and tonumber(due) > now then return { 'early', tonumber(due) - now } end
  if read_course().paused then return { 'paused' } end
  local first = string.match(key, '^%d+')
  local deliveries = 0
  if holder ~= '' and holder ~= ARGV[1] then
    -- Only what was running when its worker was lost counts as lost with it.
    for offset = 1, #bits do
      if string.sub(bits, offset, offset) == 'r' then
        local index = tonumber(first) + (offset - 1) * tonumber(stride)
        local lost = redis.call('HINCRBY', COUNTS, 'd' .. index, 1)
        redis.call('HDEL', COUNTS, 's' .. index)
        if offset == 1 then deliveries = lost end
      end
    end
  end
  token = tonumber(token) + 1
  bits = string.gsub(bits, '0', 'r')
  redis.call('HSET', FLIGHTS, key, generation .. '|' .. token .. '|' .. bits .. '|' .. ARGV[1] .. '|' .. string.match(due, '^%d+')
    .. ',' .. now .. '|'
    .. expires .. '|' .. cause .. '|' .. stride)
  local retries = generation ~= '1' and redis.call('HGET', COUNTS, 't' .. first) or 0
  local has_expired = expires ~= '' and tonumber(expires) < now and 1 or 0
  -- Who claims them ends them so; meanwhile nobody takes them for running.
  local revoked = {}
  for offset = 0, #bits - 1 do
    local index = string.format('%d', tonumber(first) + offset * tonumber(stride))
    if string.sub(bits, offset + 1, offset + 1) == 'r' and revocation_of(index) then
      revoked[#revoked + 1] = index
      redis.call('HSET', REVOKED, 'c' .. index, 1)
    end
  end
  local reply = { 'claimed', token, bits, deliveries, cause, retries, has_expired, table.concat(revoked, ',') }
  if page ~= '' then
    reply[9], reply[10] = redis.call('HGET', GRAPH, 'p' .. page), meta
  end
  return reply
end

local replies = {}
for at = 3, #ARGV, 4 do replies[#replies + 1] = claim(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]) end
return replies
