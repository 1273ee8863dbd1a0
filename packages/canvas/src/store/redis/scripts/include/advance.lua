-- @include revoked
-- What has changed in this call: dispatches as first, count, stride, generation, delay; spreads that were opened; nodes
-- that ended; ranges of nodes that never run, as first, last; spreads to go on with, as spread, handed out.
local now = read_clock()
local dispatches, spreads, ended, killed, refills = {}, {}, {}, {}, {}
-- Members of groups that ended next to each other: first, how many, how far apart; and how many those are in all.
local ended_stretches, ended_members = {}, 0
-- What is written at the end, together: a slice settles many nodes in one call. missing: members that joins wait for.
-- shared: by how much the number of slices with several nodes changes.
local new_flights, new_results, new_packed, missing, shared = {}, {}, {}, {}, 0
-- How many members were handed out whose time comes later, by that time.
local late_members = {}

local function dispatch(first, count, stride, generation, delay)
  local last = #dispatches
  dispatches[last + 1], dispatches[last + 2], dispatches[last + 3] = first, count, stride
  dispatches[last + 4], dispatches[last + 5] = tostring(generation), tostring(delay)
end

-- The key of a slice: one of several nodes has another than one of its first node alone.
local function fly(first, count, text)
  local last = #new_flights
  new_flights[last + 1], new_flights[last + 2] = tonumber(count) == 1 and first or first .. 'x', text
end

-- Starts a node, or a slice of them.
-- token: t<index> or s<index>, then x<count>/<stride> if there are several, then ;countdown;eta;expires in;expires at (ms),
--   then @<cause>. The members of a spread are handed out with the cause that the spread was started with.
-- holder: when given, the node is claimed at once instead of dispatched.
-- since: when it became ready, if that was before; its times count from then.
local function start(token, holder, since)
  local kind, index, several, times, cause = string.match(token, '^([ts])(%d+)([^;@]*)([^@]*)@?(%d*)$')
  if kind == 's' then
    redis.call('HSET', OPEN, index, '0|' .. cause .. '|' .. now)
    spreads[#spreads + 1] = index
    return
  end
  local count, stride = '1', '1'
  if several ~= '' then count, stride = string.match(several, '^x(%d+)/(%d+)$') end
  local delay, expires = 0, ''
  local is_member = since ~= nil
  if times ~= '' then
    local countdown, eta, expires_in, expires_at = string.match(times, '^;(%d*);(%d*);(%d*);(%d*)$')
    since = since or now
    if countdown ~= '' then delay = math.max(0, since + tonumber(countdown) - now) end
    if eta ~= '' then delay = math.max(delay, tonumber(eta) - now) end
    if expires_in ~= '' then expires = since + tonumber(expires_in) end
    if expires_at ~= '' then expires = expires_at end
  end
  local tail = '|' .. expires .. '|' .. cause .. '|' .. stride
  if holder then
    fly(index, count, '1|1|r|' .. holder .. '|' .. now .. tail)
    return
  end
  local generation = tonumber(first_token()) + 1
  fly(index, count, generation .. '|' .. first_token() .. '|' .. string.rep('0', tonumber(count)) .. '||' .. (now + delay) .. tail)
  if several ~= '' then shared = shared + 1 end
  if is_member and delay > 0 then late_members[now + delay] = (late_members[now + delay] or 0) + 1 end
  dispatch(index, count, stride, generation, delay)
end

local function start_all(list)
  for token in string.gmatch(list, '[^,]+') do start(token) end
end

-- Changes how many members a join waits for, and returns that.
local function count_missing(join, change)
  local count = (missing[join] or tonumber(redis.call('HGET', JOINS, join) or 0)) + change
  missing[join] = count
  return count
end

-- Notes that the nodes behind a failed one never run: one record, however many they are.
local function kill(failed, dead_end, cause)
  local first, last = tonumber(failed) + 1, tonumber(dead_end)
  if last < first then return end
  -- What was revoked before stays so; what is revoked later does not change why these never run.
  local revocations = redis.call('HGET', REVOKED, 'number')
  redis.call('ZADD', DEAD, first, first .. ':' .. last .. ':' .. cause .. (revocations and ':' .. revocations or ''))
  killed[#killed + 1], killed[#killed + 2] = first, last
end

local function end_node(index, record)
  ended[#ended + 1] = index
  local last = #new_results
  new_results[last + 1], new_results[last + 2] = index, record
end

-- The longest value that is packed with others of its page, bytes.
local PACKED_BYTES = 64

-- Ends a member of a group with a short value.
local function end_packed(index, value)
  ended[#ended + 1] = index
  local page = page_of(index)
  local list = new_packed[page]
  if not list then
    list = {}
    new_packed[page] = list
  end
  local last = #list
  list[last + 1], list[last + 2] = tonumber(index), value
end

-- Ends members of a group with short values that come in lines, all on one page.
local new_stretches = {}
local function end_stretch(first, count, stride, lines)
  local last = #ended_stretches
  ended_stretches[last + 1], ended_stretches[last + 2], ended_stretches[last + 3] = first, count, stride
  ended_members = ended_members + count
  local page = page_of(first)
  if not new_packed[page] then new_packed[page] = {} end
  new_stretches[page] = (new_stretches[page] or '') .. '\1' .. string.format('%d', first) .. 'x' .. stride .. '\n' .. lines .. '\n'
end

-- Appends values to their pages: for each stretch of nodes, where it begins and how far apart they are, then a line each.
local function write_packed()
  for page, list in pairs(new_packed) do
    local parts = { redis.call('HGET', RESULTS, 'p' .. page) or '', new_stretches[page] }
    local at = 1
    while at <= #list do
      local node, stride = list[at], 1
      if list[at + 2] and list[at + 2] > node then stride = list[at + 2] - node end
      parts[#parts + 1] = '\1' .. node .. 'x' .. stride .. '\n'
      while list[at] == node do
        parts[#parts + 1] = list[at + 1] .. '\n'
        node = node + stride
        at = at + 2
      end
    end
    redis.call('HSET', RESULTS, 'p' .. page, table.concat(parts))
  end
end

-- How many nodes one script ends and starts, more or less.
local MOST_NODES = 1000

-- Ends a join whose members have all ended. Returns the join around it that hears of it (or '-1'), and the join's own
-- index if it failed.
local function close_join(join)
  local record = redis.call('HGET', GRAPH, 'j' .. join)
  local outer, is_tail, dead_end, next_starts, error_starts, stands_for =
    string.match(record, '^(%-?%d+),(%d),(%d+)|([^|]*)|([^|]*)|(%d*)')
  local failed_member = redis.call('HGET', JOINS, 'x' .. join)
  local _, starts = string.gsub(failed_member and error_starts or next_starts, '[^,]+', '')
  if #ended + ended_members + #spreads + #dispatches / 5 + starts >= MOST_NODES then
    -- It ends in a script of its own, as a group without members does when it is handed out.
    redis.call('HSET', OPEN, join, '0||' .. now)
    spreads[#spreads + 1] = join
    return '-1', nil
  end
  if failed_member then
    end_node(join, stands_for ~= '' and 'Q' .. stands_for or 'C' .. failed_member)
    kill(join, dead_end, join)
    start_all(error_starts)
    return outer, join
  end
  -- Behind J stand the tails that were added while it was open.
  local value = stands_for ~= '' and 'P' .. stands_for or 'J' .. (redis.call('HGET', JOINS, 'a' .. join) or '')
  end_node(join, value)
  start_all(next_starts)
  if is_tail == '1' then return outer, nil end
  return '-1', nil
end

local has_limits

-- Opens a spread again that waited for one of its members to end, because only so many may be in flight.
local function give_seat(join)
  if has_limits == nil then has_limits = redis.call('HEXISTS', JOINS, 'l') == 1 end
  local waiting = has_limits and redis.call('HGET', JOINS, 'l' .. join)
  if not waiting then return end
  local spread, opened = string.match(waiting, '^(%d+)|(.*)$')
  redis.call('HDEL', JOINS, 'l' .. join)
  redis.call('HSET', OPEN, spread, opened)
  refills[#refills + 1], refills[#refills + 2] = spread, string.match(opened, '^%d+')
end

-- Whether something was revoked that others must still end.
local has_revoked = false

-- Revokes the other members of a group that fails fast.
local function revoke_siblings(spread, first, last, failed)
  local behind = ':' .. redis.call('HINCRBY', REVOKED, 'number', 1) .. ':0:' .. failed .. ';'
  note_range(spread, spread, behind)
  note_range(first, last, behind)
  killed[#killed + 1], killed[#killed + 2] = tonumber(first), tonumber(last)
  has_revoked = true
end

-- Tells a join that a member of it ended, and the joins around it as far as they end with it.
-- failed: the index of what failed, or nil.  The first in order is what a ChordError names; of a group that fails fast,
-- the first in time, for the others are revoked because of it.
local function leave(join, failed)
  while join ~= '-1' do
    local spread, from, to, first
    if failed then
      first = redis.call('HGET', JOINS, 'x' .. join)
      spread, from, to = string.match(redis.call('HGET', GRAPH, 'j' .. join), '|f(%d+),(%d+),(%d+)$')
      if not first or not spread and tonumber(failed) < tonumber(first) then
        redis.call('HSET', JOINS, 'x' .. join, failed)
      end
    end
    if count_missing(join, -1) > 0 then
      if spread and not first then revoke_siblings(spread, from, to, failed) end
      return give_seat(join)
    end
    join, failed = close_join(join)
  end
end

-- Lua hands no more than a few thousand values to one call.
local function write(key, fields)
  for from = 1, #fields, 2000 do redis.call('HSET', key, unpack(fields, from, math.min(from + 1999, #fields))) end
end

-- How many different times are kept of members that wait for theirs; what has another holds a seat meanwhile.
local MOST_TIMES = 256

-- Adds what is to start later to what there was, without the times that have passed.
local function write_late()
  if not next(late_members) then return end
  local times, number = {}, 0
  local function keep(due, count)
    if times[due] == nil then number = number + 1 end
    if times[due] ~= nil or number <= MOST_TIMES then times[due] = (times[due] or 0) + count end
  end
  for due, count in string.gmatch(redis.call('HGET', COUNTS, 'late') or '', '(%d+):(%d+)') do
    if tonumber(due) > now then keep(tonumber(due), tonumber(count)) end
  end
  for due, count in pairs(late_members) do keep(due, count) end
  local kept = {}
  for due, count in pairs(times) do kept[#kept + 1] = string.format('%d:%d', due, count) end
  redis.call('HSET', COUNTS, 'late', table.concat(kept, ','))
end

local function write_changes()
  write(FLIGHTS, new_flights)
  write(RESULTS, new_results)
  write_packed()
  local counts = {}
  for join, count in pairs(missing) do
    counts[#counts + 1] = join
    counts[#counts + 1] = count
  end
  write(JOINS, counts)
  if shared ~= 0 then redis.call('HINCRBY', COUNTS, 'shared', shared) end
  write_late()
end

-- How many windows there may be of members that wait for their time, beside those that can run: each of them is a job.
local LATE_WINDOWS = 9

-- How many slices hold a seat of the window: not those whose time has not come.
local function seats_taken(flying, window, late_times)
  local late = 0
  for due, count in string.gmatch(late_times or '', '(%d+):(%d+)') do
    if tonumber(due) > now then late = late + tonumber(count) end
  end
  return flying - math.min(late, flying, LATE_WINDOWS * window)
end

-- Ends the run when nothing is in flight and nothing waits to be handed out, and tells those who wait.
-- Returns the reply that settle and expand share: 1 when the run ended, 3 when it did without its result, both 4 more for a large one,
-- 2 when members were revoked, dispatches, spreads, and what to hand out next.
local function conclude(channel, expires_ms, hint_bytes, window)
  write_changes()
  local flying = redis.call('HLEN', FLIGHTS)
  local opened = redis.call('HLEN', OPEN)
  local run_ended = flying == 0 and opened == 0
  local run_failed, is_large = false, false
  if run_ended then
    local result = redis.call('HGET', RESULTS, redis.call('HGET', GRAPH, 'R'))
    run_failed = not result or not string.find(result, '^[SJP]')
    redis.call('HSET', GRAPH, 'e', now)
    is_large = tonumber(redis.call('HGET', GRAPH, 'P')) > LARGE_RUN
    local lives_ms = tonumber(expires_ms) + (is_large and LATER_MS or 0)
    for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, lives_ms) end
  end
  if #ended + ended_members > 0 then
    local told = redis.call('HMGET', GRAPH, 'R', 'n', 'w')
    if told[2] then
      local index, has_ended = told[1], false
      for _, one in ipairs(ended) do has_ended = has_ended or one == index end
      for at = 1, #ended_stretches, 3 do
        local place = (tonumber(index) - ended_stretches[at]) / ended_stretches[at + 2]
        has_ended = has_ended or place >= 0 and place < ended_stretches[at + 1] and place % 1 == 0
      end
      for at = 1, #killed, 2 do
        has_ended = has_ended or (killed[at] <= tonumber(index) and tonumber(index) <= killed[at + 1])
      end
      if has_ended then
        local result = redis.call('HGET', RESULTS, index)
        if not result or result == 'R' or #result > tonumber(hint_bytes) then result = '' end
        redis.call('PUBLISH', told[2], channel .. ' ' .. index .. ' ' .. result)
      end
    end
    if told[3] then
      for at = 1, #ended_stretches, 3 do
        local first, count, stride = ended_stretches[at], ended_stretches[at + 1], ended_stretches[at + 2]
        if stride == 1 then
          ended[#ended + 1] = string.format('%d-%d', first, first + count - 1)
        else
          for member = 0, count - 1 do ended[#ended + 1] = string.format('%d', first + member * stride) end
        end
      end
      local news = table.concat(ended, ',')
      for at = 1, #killed, 2 do news = news .. ',' .. killed[at] .. '-' .. killed[at + 1] end
      redis.call('PUBLISH', channel, news)
    end
  end
  local counts = redis.call('HMGET', COUNTS, 'shared', 'late')
  local taken = seats_taken(flying, window, counts[2])
  if #refills == 0 and opened > 0 and taken <= window / 2 then
    local spread = redis.call('HRANDFIELD', OPEN, 1, 'WITHVALUES')
    refills[1], refills[2] = spread[1], string.match(spread[2], '^%d+')
  end
  local came_to = run_failed and 3 or run_ended and 1 or has_revoked and 2 or 0
  return is_large and came_to + 4 or came_to, dispatches, spreads,
    { tostring(window - taken), counts[1] or '0', unpack(refills) }
end
