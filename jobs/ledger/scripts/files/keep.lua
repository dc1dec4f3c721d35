-- requires: keys
-- Store a file's record and the names of its blobs. Its times are set by this server's clock.
-- ARGV: file (JSON, flat), blob...
-- Returns: {'kept', when it was created, when it expires}
-- Invariant: a repeated call (the client library's retry) changes nothing.
local file = cjson.decode(ARGV[1])
local key = P .. 'file:' .. file.id
if redis.call('EXISTS', key) == 1 then
  return {'kept', unpack(redis.call('HMGET', key, 'created_at', 'expires_at'))}
end
file.created_at, file.expires_at = now, now + file.expires_at - file.created_at
for name, value in pairs(file) do redis.call('HSET', key, name, value) end
redis.call('HSET', key, 'uses', 0)
for i = 2, #ARGV do redis.call('RPUSH', P .. 'blobs:' .. file.id, ARGV[i]) end
redis.call('ZADD', P .. 'files:' .. file.department, 0, file.id)
redis.call('ZADD', P .. 'files', file.expires_at, file.id)
return {'kept', tostring(file.created_at), tostring(file.expires_at)}
