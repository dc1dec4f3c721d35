-- requires: documents
-- Store a document's record, or extend the expiry of the one with the same bytes.
-- ARGV: document (JSON, flat)
-- Returns: the record, flat
local document = cjson.decode(ARGV[1])
local key = P .. 'document:' .. document.department .. ':' .. document.id
if redis.call('EXISTS', key) == 1 then
  redis.call('HSET', key, 'filename', document.filename)
  redis.call('HDEL', key, 'own')
else
  for name, value in pairs(document) do redis.call('HSET', key, name, value) end
end
extend_document(document.department, document.id, now + tonumber(document.keep_ms))
return redis.call('HGETALL', key)
