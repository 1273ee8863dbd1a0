-- @include run
-- Ranges of nodes that were revoked, as text by the field in which they stand, false where there are none; absent before
-- they are read. Short ones stand with each page that they touch: of groups that fail fast there may be thousands.
local revoked_ranges = {}

local function ranges_in(field)
  if revoked_ranges[field] == nil then revoked_ranges[field] = redis.call('HGET', REVOKED, field) end
  return revoked_ranges[field]
end

-- The number of the first revocation that a node is part of, or nil; and the node whose failure it follows from, or ''.
local function revocation_of(index)
  if not ranges_in('ranges') then return nil end
  local least, least_cause = string.match(redis.call('HGET', REVOKED, index) or '', '^%d+'), ''
  least = least and tonumber(least)
  for _, field in ipairs({ 'ranges', 'r' .. page_of(index) }) do
    for first, last, number, cause in string.gmatch(ranges_in(field) or '', '(%d+):(%d+):(%d+):%d:(%d*);') do
      if tonumber(first) <= tonumber(index) and tonumber(index) <= tonumber(last) then
        number = tonumber(number)
        if not least or number < least then least, least_cause = number, cause end
      end
    end
  end
  return least, least_cause
end

-- How many pages a range touches at most that stands with each of them.
local SHORT_RANGE = 8

-- Notes that a range of nodes is revoked. behind: `:number:1 when running attempts are to be ended:node whose failure it
-- follows from;`
local function note_range(first, last, behind)
  local from, to = page_of(first), page_of(last)
  local fields = {}
  if to - from >= SHORT_RANGE then
    fields[1] = 'ranges'
  else
    for page = from, to do fields[#fields + 1] = 'r' .. page end
  end
  -- That there is this field tells that something was revoked.
  if not ranges_in('ranges') then
    revoked_ranges.ranges = ''
    redis.call('HSET', REVOKED, 'ranges', '')
  end
  for _, field in ipairs(fields) do
    revoked_ranges[field] = (ranges_in(field) or '') .. first .. ':' .. last .. behind
    redis.call('HSET', REVOKED, field, revoked_ranges[field])
  end
end

-- Whether nothing of the run may begin for now, and how often it was resumed. A run of which neither is true, and nothing is
-- revoked, has nothing of this: it costs one look a script.
local course

local function read_course()
  if course then return course end
  course = { paused = false, epoch = 0 }
  if ranges_in('ranges') then
    local stored = redis.call('HMGET', REVOKED, 'paused', 'epoch')
    course = { paused = stored[1] ~= false, epoch = tonumber(stored[2] or 0) }
  end
  return course
end

-- The token that a slice has before its first claim; its first generation is one more. Those of before a resume are all less, so what is late from then is refused.
local function first_token()
  return string.format('%d', read_course().epoch * 1000000)
end

-- Whether an attempt may go on with its successor by itself.
local function may_go_on()
  return not read_course().paused and read_course().epoch == 0
end
