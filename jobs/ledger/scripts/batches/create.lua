-- requires: batches, replies
-- Store a batch and the reply to its submission. Its input file cannot be deleted until it ends.
-- ARGV: batch (JSON, flat), reply (JSON: key, body_sha256, body, keep_ms, or ''), most lines that may
--       wait in the whole system
-- Returns: {'stored', quotas} | {'replayed', quotas, body} | {'mismatch'} | {'no-file'} | {'full'}
--          | {'over', quotas, code, ms}
-- Invariant: a repeated call (the client library's retry) changes nothing.
local batch = cjson.decode(ARGV[1])
local reply = ARGV[2] ~= '' and cjson.decode(ARGV[2]) or nil
if redis.call('EXISTS', P .. 'batch:' .. batch.id) == 1 then
  return {'stored', quotas_left(batch.department)}
end

local earlier = earlier_reply(batch.department, 'batches', reply)
if earlier then return earlier end

local file = P .. 'file:' .. batch.input_file_id
if redis.call('HGET', file, 'department') ~= batch.department then return {'no-file'} end
local lines = tonumber(redis.call('HGET', file, 'lines'))
local waiting = lines
for _, name in ipairs(redis.call('SMEMBERS', P .. 'departments')) do
  waiting = waiting + tonumber(redis.call('GET', P .. 'waiting-lines:' .. name) or 0)
end
if waiting > tonumber(ARGV[3]) then return {'full'} end

local over = over_quota(batch.department, {lines = lines, batches = 1,
  records = RECORD_BYTES + #ARGV[1] + (reply and #ARGV[2] or 0)})
if over then return {'over', quotas_left(batch.department), unpack(over)} end

batch.status = 'validating'
batch.closing = ''
batch.lines = lines
batch.input_blob = redis.call('LINDEX', P .. 'blobs:' .. batch.input_file_id, 0)
set_fields(P .. 'batch:' .. batch.id, batch)
redis.call('HSET', P .. 'batch:' .. batch.id, 'total', 0, 'completed', 0, 'failed', 0, 'indexed', 0,
  'next', 0, 'flushed', 0, 'token', 0, 'read', 0)
redis.call('HINCRBY', file, 'uses', 1)
count_lines('waiting', batch.department, lines)
redis.call('ZADD', P .. 'batches:' .. batch.department, 0, batch.id)
redis.call('ZADD', P .. 'indexing', now, batch.id)
redis.call('ZADD', P .. 'batches-open', 0, batch.id)
redis.call('SADD', P .. 'open-batches:' .. batch.department, batch.id)
count_kept(P .. 'batch:' .. batch.id, batch.department, 'records', RECORD_BYTES + #ARGV[1])
redis.call('ZADD', P .. 'batch-deadlines', batch.deadline, batch.id)

keep_reply(batch.department, 'batches', reply, 200)
return {'stored', quotas_left(batch.department)}
