-- requires: documents, quotas
-- Store a document's record, or extend the expiry of the one with the same bytes.
-- ARGV: document (JSON, flat), 1 if it is kept even above the department's quota
-- Returns: {'kept', record, flat} | {'over', quotas left, code, ms}
local document = cjson.decode(ARGV[1])
local key = P .. 'document:' .. document.department .. ':' .. document.id
if redis.call('EXISTS', key) == 1 then
  redis.call('HSET', key, 'filename', document.filename or '')
  share_document(document.department, document.id)
else
  local over = ARGV[2] ~= '1' and over_kept(document.department, document_bytes(document))
  if over then return {'over', quotas_left(document.department), unpack(over)} end
  add_document(document)
end
extend_document(document.department, document.id, now + tonumber(document.keep_ms))
return {'kept', redis.call('HGETALL', key)}
