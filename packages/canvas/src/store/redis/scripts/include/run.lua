local GRAPH, FLIGHTS, OPEN, RESULTS, JOINS, DEAD, COUNTS, REVOKED =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]

-- The store's clock, epoch milliseconds. No worker's clock decides anything.
local function read_clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Where it is noted when and where a node ran: with others of its 16, so that little is read and written to add one.
local function track_field(index)
  local number = tonumber(index)
  return 't' .. (number - number % 16) / 16
end

-- What is noted of nodes of one slice that end together: `nodes;ready;ms until claimed;ms until ended;who`.
-- due: when they could begin, and behind a comma when they were claimed, if that was later
local function track_line(nodes, due, holder, now)
  local ready, claimed = string.match(due, '^(%d+),?(%d*)$')
  if claimed == '' then claimed = ready end
  return nodes .. ';' .. ready .. ';' .. (tonumber(claimed) - tonumber(ready)) .. ';' .. (now - tonumber(claimed)) .. ';'
    .. string.sub(holder, 1, 8) .. '\n'
end

-- Nodes on a page (graph.ts). Values of members of groups that are short are kept together, page by page (packed-results.ts).
local PAGE_SIZE = 256

-- A run of more pages is deleted by the janitor when its time has passed, which holds nobody up; that its keys expire that many
-- milliseconds later, which does, is for a broker without any worker. redis-graph-store.ts knows the number of pages too.
local LARGE_RUN, LATER_MS = 32, 600000

local function page_of(index)
  local number = tonumber(index)
  return (number - number % PAGE_SIZE) / PAGE_SIZE
end
