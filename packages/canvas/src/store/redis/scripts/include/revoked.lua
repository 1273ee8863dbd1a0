-- @include run
-- Ranges of nodes that were revoked, as text, false where nothing was; nil before it is read.
local revoked_ranges

-- The number of the first revocation that a node is part of, or nil; and the node whose failure it follows from, or ''.
local function revocation_of(index)
  if revoked_ranges == nil then revoked_ranges = redis.call('HGET', REVOKED, 'ranges') end
  if not revoked_ranges then return nil end
  local least, least_cause = string.match(redis.call('HGET', REVOKED, index) or '', '^%d+'), ''
  least = least and tonumber(least)
  for first, last, number, cause in string.gmatch(revoked_ranges, '(%d+):(%d+):(%d+):%d:(%d*);') do
    if tonumber(first) <= tonumber(index) and tonumber(index) <= tonumber(last) then
      number = tonumber(number)
      if not least or number < least then least, least_cause = number, cause end
    end
  end
  return least, least_cause
end
