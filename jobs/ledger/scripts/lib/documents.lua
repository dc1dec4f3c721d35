-- requires: keys, kept
-- A document's `jobs` counts what needs it: open jobs that have it as input or name it in their
-- options, and libraries. `own` is set while only the job that brought the text has named it. `blob` is
-- the name of its bytes in the store, or 'text:' and a short text, which then is nowhere else.

-- Keep a document at least until a time.
local function extend_document(department, document_id, until_ms)
  local member = department .. ':' .. document_id
  local key = P .. 'document:' .. member
  if until_ms > tonumber(redis.call('HGET', key, 'expires_at') or 0) then
    redis.call('HSET', key, 'expires_at', until_ms)
    redis.call('ZADD', P .. 'documents', until_ms, member)
  end
end

local function is_in_store(blob)
  return string.sub(blob, 1, 5) ~= 'text:'
end

-- The bytes of records, and those in the store, that a document takes.
local function document_bytes(document)
  if is_in_store(document.blob) then return RECORD_BYTES, document.bytes end
  return RECORD_BYTES + document.bytes, 0
end

-- Record a new document. Its bytes are in the store, unless they are in the record.
local function add_document(document)
  local records, stored = document_bytes(document)
  document.kept_records, document.kept_stored = records, stored > 0 and stored or nil
  set_fields(P .. 'document:' .. document.department .. ':' .. document.id, document)
  add_kept(document.department, 'stored', stored)
  add_kept(document.department, 'records', records)
end

-- The name of a document's bytes in the store; nil if there are none there.
local function stored_blob(key)
  local blob = redis.call('HGET', key, 'blob')
  return blob and is_in_store(blob) and blob or nil
end

-- Remove a document's record. Returns its blob in the store, which the caller deletes, or nil.
local function remove_document(department, document_id)
  local member = department .. ':' .. document_id
  local key = P .. 'document:' .. member
  local blob = stored_blob(key)
  free_kept(key, department)
  redis.call('DEL', key)
  redis.call('ZREM', P .. 'documents', member)
  return blob
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
