-- requires: keys
-- Read the next outcomes of a batch that are to be written to its files.
-- ARGV: batch, most outcomes
-- Returns: the record of the batch, empty if there is no such batch, and those of the jobs, in the order in
--          which they ended; each a flat list
local answers = {redis.call('HGETALL', P .. 'batch:' .. ARGV[1])}
for _, id in ipairs(redis.call('LRANGE', P .. 'outcomes:' .. ARGV[1], 0, ARGV[2] - 1)) do
  answers[#answers + 1] = redis.call('HGETALL', P .. 'job:' .. id)
end
return answers
