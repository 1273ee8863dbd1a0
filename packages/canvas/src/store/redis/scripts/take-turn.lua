-- Gives one start of a task whose starts are so many milliseconds apart, or says when to ask again.
-- KEYS[1] turns (sorted set): who waits → when its turn is, epoch ms; '' → when the last one started
-- ARGV[1] who asks   ARGV[2] milliseconds between two starts   ARGV[3] how far ahead turns are given, ms
-- Returns 0 when it may start now, or the milliseconds until it should ask again.  O(log of those who wait)
local TURNS, who, interval, horizon = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Whoever did not come for its turn has ended otherwise. A last start so long ago keeps nobody from starting.
redis.call('ZREMRANGEBYSCORE', TURNS, '-inf', now - interval - 5000)
local last = tonumber(redis.call('ZSCORE', TURNS, '') or -interval)
local own = tonumber(redis.call('ZSCORE', TURNS, who) or '')
if not own then
  local highest = redis.call('ZREVRANGE', TURNS, 0, 0, 'WITHSCORES')[2]
  own = math.max(now, highest and tonumber(highest) + interval or now)
  -- Those who are far behind ask from time to time, so that turns nobody came for are soon forgotten.
  if own - now > horizon then return math.ceil(horizon / 2) end
  redis.call('ZADD', TURNS, own, who)
end
local ahead = redis.call('ZRANK', TURNS, who)
local rank_of_last = redis.call('ZRANK', TURNS, '')
if rank_of_last and rank_of_last < ahead then ahead = ahead - 1 end
local at = math.max(own, last + (ahead + 1) * interval)
redis.call('PEXPIRE', TURNS, math.ceil(2 * (horizon + interval) + 5000))
if at > now then return math.ceil(at - now) end
redis.call('ZREM', TURNS, who)
redis.call('ZADD', TURNS, now, '')
return 0
