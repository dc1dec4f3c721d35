-- requires: keys, kept
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

-- Record a new document. Its bytes are in the store.
local function add_document(document)
  document.kept_stored, document.kept_records = document.bytes, RECORD_BYTES
  set_fields(P .. 'document:' .. document.department .. ':' .. document.id, document)
  add_kept(document.department, 'stored', document.kept_stored)
  add_kept(document.department, 'records', document.kept_records)
end

-- Remove a document's record. Returns its blob, which the caller deletes; nil without a record.
local function remove_document(department, document_id)
  local member = department .. ':' .. document_id
  local key = P .. 'document:' .. member
  local blob = redis.call('HGET', key, 'blob')
  free_kept(key, department)
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

-- A job that was not run leaves nothing: its own text expires at once.
local function expire_own_text(job)
  local member = job.department .. ':' .. job.document_id
  local document = redis.call('HMGET', P .. 'document:' .. member, 'own', 'jobs')
  if document[1] == '1' and document[2] == '0' then
    redis.call('HSET', P .. 'document:' .. member, 'expires_at', now)
    redis.call('ZADD', P .. 'documents', now, member)
  end
end

local function release_documents(job)
  release_document(job.department, job.document_id)
  for _, id in ipairs(cjson.decode(job.references or '[]')) do
    release_document(job.department, id)
  end
end
