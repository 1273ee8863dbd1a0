-- Ends attempts of nodes: stores their results and starts what is ready then. Safe to repeat: an attempt whose token is
-- not the slice's any more changes nothing.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] channel of the run   ARGV[2] expiry of an ended run, ms   ARGV[3] longest result to tell with the news, bytes
-- ARGV[4] window: how many slices of a run may be in flight before members of groups wait
-- then blocks: settlements that differ in node and payload alone. Each block: slice's key, token, outcome, join, is tail,
--   dead end, incarnation that goes on with the only successor or '', next starts, error starts (tokens joined by commas),
--   members added to a join (`join:tails, joined by commas:start`) or '', how many, then for each: node, payload
-- outcomes: S value | F error | I | R reason | T milliseconds until it is tried again | W the same, not counted as a try
--   | P record of the join that the node becomes; next starts are then those of what replaces it
--   | M short values of members of a group that stand equally far apart: behind how many, the first, how far, a line for each
-- Returns {accepted and claimed flags, run ended, dispatches, spreads, {room, shared, then spread, handed out of each to go
--   on with}}, or 1 for a step of a chain that counted and whose successor was claimed.  O(nodes and successors)
-- @include run

-- The two ways below are for what happens most: the same as the rest of this script in a third of the time. They are asked
-- before the rest is even defined, which costs as much.
local key, token, index, value = ARGV[5], ARGV[6], ARGV[16], ARGV[17]
local is_plain = #ARGV == 17 and ARGV[7] == 'S' and ARGV[14] == '' and key == index

-- Who holds the node and since when, if the attempt does and nothing is to be done but to store its value.
local function holds_plainly()
  if redis.call('EXISTS', OPEN, REVOKED) > 0 or redis.call('HEXISTS', COUNTS, 's') == 1 then return nil end
  local held, letter, holder, due = string.match(redis.call('HGET', FLIGHTS, key) or '', '^%d+|(%d+)|(%w+)|([^|]*)|([^|]*)|')
  if held == token and letter == 'r' then return holder, due end
end

-- A step of a chain. Only the successor is left to claim; no member waits, nobody watches, and the result comes later.
local function step()
  local field = track_field(index)
  local told = redis.call('HMGET', GRAPH, 'R', 'w', field)
  if told[1] == index or told[2] then return false end
  local holder, due = holds_plainly()
  if not holder then return false end
  local now = read_clock()
  redis.call('HSET', RESULTS, index, 'S' .. value)
  redis.call('HDEL', FLIGHTS, key)
  redis.call('HSET', FLIGHTS, string.sub(ARGV[12], 2), '1|1|r|' .. ARGV[11] .. '|' .. now .. '|||1')
  redis.call('HSET', GRAPH, field, (told[3] or '') .. track_line(index, due, holder, now))
  return true
end

-- The node that is the last of its run, and its result.
local function last()
  local field = track_field(index)
  local told = redis.call('HMGET', GRAPH, 'R', 'n', 'w', field, 'P')
  if told[1] ~= index or told[3] or tonumber(told[5]) > LARGE_RUN then return false end
  local holder, due = holds_plainly()
  if not holder or redis.call('HLEN', FLIGHTS) ~= 1 then return false end
  local now = read_clock()
  redis.call('HSET', RESULTS, index, 'S' .. value)
  redis.call('DEL', FLIGHTS)
  redis.call('HSET', GRAPH, 'e', now, field, (told[4] or '') .. track_line(index, due, holder, now))
  for _, kept in ipairs({ GRAPH, RESULTS, JOINS, DEAD, COUNTS }) do redis.call('PEXPIRE', kept, ARGV[2]) end
  if told[2] then
    redis.call('PUBLISH', told[2], ARGV[1] .. ' ' .. index .. ' ' .. (#value < tonumber(ARGV[3]) and 'S' .. value or ''))
  end
  return true
end

if is_plain and ARGV[9] ~= '1' then
  if ARGV[11] ~= '' then
    if step() then return 1 end
  elseif ARGV[8] == '-1' and ARGV[12] == '' and last() then
    return { '1', 1, {}, {}, { ARGV[4], '0' } }
  end
end
-- @include advance

-- Slices that were read, false for those that are not in flight; written at the end.
local slices = {}

local function read_slice(key)
  if slices[key] == nil then
    slices[key] = false
    local text = redis.call('HGET', FLIGHTS, key)
    if text then
      local generation, token, bits, holder, due, expires, cause, stride =
        string.match(text, '^(%d+)|(%d+)|(%w+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(%d+)$')
      local slice = { generation = tonumber(generation), token = token, first = tonumber(string.match(key, '^%d+')),
        stride = tonumber(stride), head = generation .. '|' .. token .. '|', times = expires .. '|' .. cause .. '|',
        tail = '|' .. holder .. '|' .. due .. '|' .. expires .. '|' .. cause .. '|' .. stride, letters = {}, left = 0,
        holder = holder, due = due, ran = {} }
      for at = 1, #bits do
        local letter = string.sub(bits, at, at)
        slice.letters[at] = letter
        if letter ~= '1' then slice.left = slice.left + 1 end
      end
      slices[key] = slice
    end
  end
  return slices[key]
end

-- Whether a node may be taken out of its slice. token: the attempt's; or 'waits': if it has not begun; or 'any': whoever
-- runs it, who is then too late.
local function may_land(slice, letter, token)
  if letter == '0' then return token == 'waits' or token == 'any' end
  return letter == 'r' and (token == slice.token or token == 'any')
end

-- Takes a node out of its slice. Returns false when the attempt does not hold it any more.
local function land(slice, token, index)
  if not slice then return false end
  local place = (tonumber(index) - slice.first) / slice.stride + 1
  if not may_land(slice, slice.letters[place], token) then return false end
  if slice.letters[place] == 'r' then slice.ran[#slice.ran + 1] = tonumber(index) end
  slice.letters[place] = '1'
  slice.left = slice.left - 1
  slice.changed = true
  return true
end

-- Notes when and where the nodes of a slice ran that end in this call, those next to each other together.
local function write_tracks(slice)
  local ran, at = slice.ran, 1
  while at <= #ran do
    local first, count = ran[at], 1
    while ran[at + count] == first + count * slice.stride do count = count + 1 end
    local nodes = string.format('%d', first) .. (count > 1 and 'x' .. count .. '/' .. slice.stride or '')
    local field = track_field(first)
    local line = track_line(nodes, slice.due, slice.holder, now)
    redis.call('HSET', GRAPH, field, (redis.call('HGET', GRAPH, field) or '') .. line)
    at = at + count
  end
end

-- Puts a node back: a slice of its own in a new generation, due later.
local function put_back(slice, index, delay)
  local generation = slice.generation + 1
  if slice.ran[#slice.ran] == tonumber(index) then slice.ran[#slice.ran] = nil end
  slices[index] = false
  fly(index, 1, generation .. '|' .. slice.token .. '|0||' .. (now + tonumber(delay)) .. '|' .. slice.times .. '1')
  dispatch(index, '1', '1', generation, delay)
end

local function write_slices()
  local gone = {}
  for key, slice in pairs(slices) do
    if slice and slice.changed then
      write_tracks(slice)
      if slice.left == 0 then
        gone[#gone + 1] = key
        if #slice.letters > 1 then shared = shared - 1 end
      else
        fly(key, 1, slice.head .. table.concat(slice.letters) .. slice.tail)
      end
    end
  end
  if #gone > 0 then redis.call('HDEL', FLIGHTS, unpack(gone)) end
end

local flags = {}

-- Ends members of a group that ran together. What no longer holds all of them is looked at one by one.
local function settle_members(slice, token, join, first, stride, count, lines)
  local place = slice and slice.token == token and slice.stride == stride and (first - slice.first) / stride + 1
  for member = 0, count - 1 do
    if not place or slice.letters[place + member] ~= 'r' then place = nil end
  end
  if not place then
    for value in string.gmatch(lines .. '\n', '([^\n]*)\n') do
      local index = string.format('%d', first)
      local is_held = land(slice, token, index)
      flags[#flags + 1] = is_held and '1' or '0'
      if is_held then
        end_packed(index, value)
        leave(join, nil)
      end
      first = first + stride
    end
    return
  end
  for member = 0, count - 1 do
    slice.letters[place + member] = '1'
    slice.ran[#slice.ran + 1] = first + member * stride
  end
  slice.left = slice.left - count
  slice.changed = true
  flags[#flags + 1] = string.rep('1', count)
  end_stretch(first, count, stride, lines)
  if join ~= '-1' then
    count_missing(join, 1 - count)
    leave(join, nil)
  end
end

-- Only where some task has given itself a state there may be one to take back.
local has_states = redis.call('HEXISTS', COUNTS, 's') == 1
local at = 5
while at <= #ARGV do
  local key, token, outcome, join, is_tail = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local dead_end, claims_next_as, next_starts = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
  local error_starts, addition, count = ARGV[at + 8], ARGV[at + 9], tonumber(ARGV[at + 10])
  local slice = read_slice(key)
  if outcome == 'M' then
    local first, stride = tonumber(ARGV[at + 11]), tonumber(ARGV[at + 12])
    if has_states then
      for member = 0, count - 1 do redis.call('HDEL', COUNTS, 's' .. string.format('%d', first + member * stride)) end
    end
    settle_members(slice, token, join, first, stride, count, ARGV[at + 13])
    at, count = at + 14, 0
  end
  for entry = at + 11, at + 10 + 2 * count, 2 do
    local index, payload = ARGV[entry], ARGV[entry + 1]
    local flag = '0'
    if land(slice, token, index) then
      flag = '1'
      if has_states then redis.call('HDEL', COUNTS, 's' .. index) end
      if outcome == 'T' or outcome == 'W' then
        if outcome == 'T' then redis.call('HINCRBY', COUNTS, 't' .. index, 1) end
        put_back(slice, index, payload)
      elseif outcome == 'P' then
        -- It becomes a join of the one tail of what replaces it.
        redis.call('HSET', GRAPH, 'j' .. index, payload)
        missing[index] = 1
        start_all(next_starts)
      elseif outcome == 'S' then
        if is_tail == '1' and #payload <= PACKED_BYTES then end_packed(index, payload)
        else end_node(index, 'S' .. payload) end
        if addition ~= '' then
          local added_join, tails, added = string.match(addition, '^(%d+):([^:]+):(.+)$')
          local _, commas = string.gsub(tails, ',', '')
          count_missing(added_join, commas + 1)
          redis.call('HSET', JOINS, 'a' .. added_join, (redis.call('HGET', JOINS, 'a' .. added_join) or '') .. ',' .. tails)
          start(added)
        end
        if claims_next_as ~= '' and may_go_on() and not revocation_of(string.match(next_starts, '%d+')) then
          start(next_starts, claims_next_as)
          flag = '2'
        else
          start_all(next_starts)
        end
        if is_tail == '1' then leave(join, nil) end
      else
        end_node(index, outcome .. payload)
        kill(index, dead_end, index)
        -- What was revoked or ignored calls nobody, as in Celery; a group that fails with it does.
        if outcome == 'F' then start_all(error_starts) end
        leave(join, index)
      end
    end
    flags[#flags + 1] = flag
  end
  if outcome ~= 'M' then at = at + 11 + 2 * count end
end
-- A run that is gone must not come back as a few keys, nor live longer for what changed nothing.
local flags_text = table.concat(flags)
if not string.find(flags_text, '[12]') then return { flags_text, 0, {}, {}, { '0', '0' } } end
write_slices()
local run_ended, _, _, refill = conclude(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return { flags_text, run_ended, dispatches, spreads, refill }
