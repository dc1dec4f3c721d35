-- Keep a document's record, or prolong the one that stands for the same bytes.
-- ARGV: document (JSON, flat)
-- Returns: the record, flat
local document = cjson.decode(ARGV[1])
document.expires_at = now + tonumber(document.keep_ms)
local member = document.department .. ':' .. document.id
local key = P .. 'document:' .. member
local kept = redis.call('HGET', key, 'expires_at')
if kept then
  redis.call('HSET', key, 'expires_at', math.max(tonumber(kept), tonumber(document.expires_at)),
    'filename', document.filename)
else
  for name, value in pairs(document) do redis.call('HSET', key, name, value) end
end
redis.call('ZADD', P .. 'documents', redis.call('HGET', key, 'expires_at'), member)
return redis.call('HGETALL', key)
