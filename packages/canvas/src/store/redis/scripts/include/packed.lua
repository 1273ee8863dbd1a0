-- @include run
-- Values that are packed with others of their page, by node; each page is read once in a call.
local unpacked_pages = {}

local function unpack_page(page)
  local values = unpacked_pages[page]
  if values then return values end
  values = {}
  unpacked_pages[page] = values
  for first, stride, body in string.gmatch(redis.call('HGET', RESULTS, 'p' .. page) or '', '\1(%d+)x(%d+)\n([^\1]*)') do
    local index = tonumber(first)
    for value in string.gmatch(body, '([^\n]*)\n') do
      values[index] = value
      index = index + tonumber(stride)
    end
  end
  return values
end

-- What is stored as a node's result, or false.
local function result_of(index)
  local record = redis.call('HGET', RESULTS, index)
  if record then return record end
  local value = unpack_page(page_of(index))[tonumber(index)]
  return value and 'S' .. value
end
