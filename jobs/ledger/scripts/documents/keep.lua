-- requires: keys
-- Store a document's record, or extend the expiry of the one with the same bytes.
-- ARGV: document (JSON, flat)
-- Returns: the record, flat
local document = cjson.decode(ARGV[1])
local member = document.department .. ':' .. document.id
local key = P .. 'document:' .. member
local expires_at = redis.call('HGET', key, 'expires_at')
if expires_at then
  redis.call('HSET', key, 'expires_at', math.max(tonumber(expires_at), tonumber(document.expires_at)),
    'filename', document.filename)
else
  for name, value in pairs(document) do redis.call('HSET', key, name, value) end
end
redis.call('ZADD', P .. 'documents', redis.call('HGET', key, 'expires_at'), member)
return redis.call('HGETALL', key)
