-- requires: quotas
-- Store a file's record and the names of its blobs. Its times are set by this server's clock.
-- ARGV: file (JSON, flat), blob...
-- Returns: {'kept', when it was created, when it expires} | {'over', quotas left, code, ms}
-- Invariant: a repeated call (the client library's retry) changes nothing.
local file = cjson.decode(ARGV[1])
local key = P .. 'file:' .. file.id
if redis.call('EXISTS', key) == 1 then
  return {'kept', unpack(redis.call('HMGET', key, 'created_at', 'expires_at'))}
end
local over = over_kept(file.department, RECORD_BYTES, file.bytes)
if over then return {'over', quotas_left(file.department), unpack(over)} end
file.created_at, file.expires_at = now, now + file.expires_at - file.created_at
file.uses = 0
set_fields(key, file)
count_kept(key, file.department, 'stored', file.bytes)
count_kept(key, file.department, 'records', RECORD_BYTES)
for i = 2, #ARGV do redis.call('RPUSH', P .. 'blobs:' .. file.id, ARGV[i]) end
redis.call('ZADD', P .. 'files:' .. file.department, 0, file.id)
redis.call('ZADD', P .. 'files', file.expires_at, file.id)
return {'kept', tostring(file.created_at), tostring(file.expires_at)}
