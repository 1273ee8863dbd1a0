-- Starts what comes first of a run that was opened again, or forked.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] the resumer   then start tokens
-- Returns {dispatches, spreads}, or {} when somebody else resumes the run now.  O(tokens)
-- @include advance
if string.match(redis.call('HGET', GRAPH, 'A') or '', '^[^|]*') ~= ARGV[1] then return {} end
redis.call('HDEL', GRAPH, 'A')
for position = 2, #ARGV do start(ARGV[position]) end
write_changes()
return { dispatches, spreads }
