-- requires: keys
-- A document's `jobs` counts what needs it: open jobs that have it as input or name it in their
-- options, and libraries. `own` is set while only the job that brought the text has named it.

-- Keep a document at least until a time.
local function extend_document(department, document_id, until_ms)
  local member = department .. ':' .. document_id
  local key = P .. 'document:' .. member
  if until_ms > tonumber(redis.call('HGET', key, 'expires_at') or 0) then
    redis.call('HSET', key, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, member)
  end
end

-- Remove a document's record. Returns its blob, which the caller deletes; nil without a record.
local function remove_document(department, document_id)
  local member = department .. ':' .. document_id
  local key = P .. 'document:' .. member
  local blob = redis.call('HGET', key, 'blob')
  redis.call('DEL', key)
  redis.call('ZREM', P .. 'documents', member)
  return blob or nil
end

-- Count one use less. The document's time to live starts again.
local function release_document(department, document_id)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('EXISTS', key) == 0 then return end
  redis.call('HINCRBY', key, 'jobs', -1)
  extend_document(department, document_id, now + tonumber(redis.call('HGET', key, 'keep_ms')))
end

local function release_documents(job)
  release_document(job.department, job.document_id)
  for _, id in ipairs(cjson.decode(job.references or '[]')) do
    release_document(job.department, id)
  end
end
