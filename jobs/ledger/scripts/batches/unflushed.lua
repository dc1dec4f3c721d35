-- requires: jobs
-- Read the next outcomes of a batch that are to be written to its files.
-- ARGV: batch, most outcomes, the endpoint of chats, then the fields to be read of a chat's job
-- Returns: the record of the batch, empty if there is no such batch, and those of the jobs, in the order in
--          which they ended; each a flat list. In a batch of chats only the values of the fields of each,
--          and its id
local batch = redis.call('HGETALL', P .. 'batch:' .. ARGV[1])
local fields = field_in(batch, 'endpoint') == ARGV[3] and {unpack(ARGV, 4)}
local answers = {batch}
for _, id in ipairs(redis.call('LRANGE', P .. 'outcomes:' .. ARGV[1], 0, ARGV[2] - 1)) do
  local answer = fields and redis.call('HMGET', P .. 'job:' .. id, unpack(fields)) or job_record(id)
  if fields then answer[#answer + 1] = id end
  answers[#answers + 1] = answer
end
return answers
