-- Reads what is known of nodes.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] 1 when values and errors are wanted, 0 when it is enough how each ended   then the nodes
-- Returns for each {"result", record} | {"revoked", node whose failure it follows from or ''} | {"flight", its letter, retries, state of its own and what is told
--   with it} | {"dead", cause} | {"handedOver", node in its place} | {"waiting"} | {"uncalled"} | {"unknown"}.
--   O(nodes and their pages), and O(log failures) for each that has no result
-- @include packed
-- @include revoked
local is_stored

-- Nodes of slices with several, by page: each is looked for once in a call. A slice is on one page.
local shared_pages = {}
local has_shared

local function letters_of(page)
  local letters = shared_pages[page]
  if letters then return letters end
  letters = {}
  shared_pages[page] = letters
  if has_shared == nil then has_shared = (redis.call('HGET', COUNTS, 'shared') or '0') ~= '0' end
  if not has_shared then return letters end
  local keys = {}
  for offset = 0, PAGE_SIZE - 1 do keys[offset + 1] = string.format('%d', page * PAGE_SIZE + offset) .. 'x' end
  for place, flight in ipairs(redis.call('HMGET', FLIGHTS, unpack(keys))) do
    if flight then
      local bits, stride = string.match(flight, '^%d+|%d+|(%w+)|.*|(%d+)$')
      for at = 1, #bits do
        local letter = string.sub(bits, at, at)
        if letter ~= '1' then letters[page * PAGE_SIZE + place - 1 + (at - 1) * tonumber(stride)] = letter end
      end
    end
  end
  return letters
end

-- The letter of a node in the slice that holds it.
local function find_in_flight(index)
  local alone = redis.call('HGET', FLIGHTS, index)
  if alone then return string.match(alone, '^%d+|%d+|(%w)|') end
  return letters_of(page_of(index))[tonumber(index)]
end

local function read(index)
  local record = result_of(index)
  if record then
    -- Why it was revoked follows from what was revoked.
    if record == 'R' then
      local _, cause = revocation_of(index)
      return { 'revoked', cause or '' }
    end
    if ARGV[1] == '0' and string.find(record, '^[SFR]') then record = string.sub(record, 1, 1) end
    return { 'result', record }
  end
  local letter = find_in_flight(index)
  local revocation, revoked_by = revocation_of(index)
  if revocation and (letter == '0' or letter and redis.call('HEXISTS', REVOKED, 'c' .. index) == 1) then
    return { 'revoked', revoked_by }
  end
  if letter then
    local counted = redis.call('HMGET', COUNTS, 't' .. index, 's' .. index)
    local state = counted[2] or ''
    if ARGV[1] == '0' then state = string.match(state, '^[^\n]*') end
    return { 'flight', letter, counted[1] or 0, state }
  end
  if is_stored == nil then is_stored = redis.call('HEXISTS', GRAPH, 'm') == 1 end
  if not is_stored then return { 'unknown' } end
  -- Ranges do not nest but where a whole run is ended, so the nearest ones below decide.
  for _, range in ipairs(redis.call('ZREVRANGEBYSCORE', DEAD, tonumber(index), '-inf', 'LIMIT', 0, 16)) do
    local last, cause, revocations = string.match(range, '^%d+:(%d+):(%d+):?(%d*)$')
    if tonumber(last) >= tonumber(index) then
      if revocation and revocation <= (tonumber(revocations) or 0) then return { 'revoked', revoked_by } end
      return { 'dead', cause }
    end
  end
  -- A group of which members go on comes to what they come to; one that was never begun is seen when the run has ended.
  local join, run_ended = unpack(redis.call('HMGET', GRAPH, 'j' .. index, 'e'))
  if revocation and (not join or run_ended) then return { 'revoked', revoked_by } end
  if run_ended then return { 'uncalled' } end
  local stands_for = join and string.match(join, '^[^|]*|[^|]*|[^|]*|(%d+)')
  if stands_for then return { 'handedOver', stands_for } end
  return { 'waiting' }
end

local replies = {}
for at = 2, #ARGV do replies[#replies + 1] = read(ARGV[at]) end
return replies
