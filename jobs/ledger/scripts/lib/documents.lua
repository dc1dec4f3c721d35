-- requires: keys
-- A document's `jobs` counts what needs it: open jobs that have it as input or name it in their
-- options, and libraries.

-- Count one use less. The document's time to live starts again.
local function release_document(department, document_id)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('EXISTS', key) == 0 then return end
  redis.call('HINCRBY', key, 'jobs', -1)
  local until_ms = now + tonumber(redis.call('HGET', key, 'keep_ms'))
  if until_ms > tonumber(redis.call('HGET', key, 'expires_at')) then
    redis.call('HSET', key, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, department .. ':' .. document_id)
  end
end

local function release_documents(job)
  release_document(job.department, job.document_id)
  for _, id in ipairs(cjson.decode(job.references or '[]')) do
    release_document(job.department, id)
  end
end
