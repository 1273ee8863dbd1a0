local GRAPH, FLIGHTS, OPEN, RESULTS, JOINS, DEAD, COUNTS, REVOKED =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]

-- The store's clock, epoch milliseconds. No worker's clock decides anything.
local function read_clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Nodes on a page (graph.ts). Values of members of groups that are short are kept together, page by page (packed-results.ts).
local PAGE_SIZE = 128

local function page_of(index)
  local number = tonumber(index)
  return (number - number % PAGE_SIZE) / PAGE_SIZE
end
