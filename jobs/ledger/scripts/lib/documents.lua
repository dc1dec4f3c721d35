-- requires: keys, kept
-- A document's `jobs` counts what needs it: open jobs that have it as input or name it in their
-- options, and libraries. `own` is set while only jobs that brought the text have named it: how many of
-- these have a record, without those that ended before they ran. `blob` is
-- the name of its bytes in the store, or 'text:' and a short text, which then is nowhere else. Its id,
-- with the digest of its bytes, and its department are in the name of the key.
--
--   chancery:documents   members DEPT:ID, by the time at which they expire. An `own` text is there only
--                        if it expires at another time than that at which its job is removed

-- Have a document be removed when it expires.
local function list_document(department, document_id, expires_at)
  redis.call('ZADD', P .. 'documents', expires_at, department .. ':' .. document_id)
end

-- Keep a document at least until a time. removed_at: of the job that has it, which removes it too.
local function extend_document(department, document_id, until_ms, removed_at)
  local key = P .. 'document:' .. department .. ':' .. document_id
  local known = redis.call('HMGET', key, 'expires_at', 'own')
  local expires_at = tonumber(known[1] or 0)
  if until_ms > expires_at then
    redis.call('HSET', key, 'expires_at', until_ms)
    expires_at = until_ms
  end
  if not known[2] or removed_at and expires_at < removed_at then
    list_document(department, document_id, expires_at)
  else
    -- It may be listed since a job with the same text was cancelled.
    redis.call('ZADD', P .. 'documents', 'XX', expires_at, department .. ':' .. document_id)
  end
end

-- Something else than the job that brought it names a document.
local function share_document(department, document_id)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('HDEL', key, 'own') == 1 then
    list_document(department, document_id, redis.call('HGET', key, 'expires_at'))
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
  redis.call('HSET', P .. 'document:' .. document.department .. ':' .. document.id,
    unpack(as_flat(document, 'id', 'department')))
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

-- Count one use less. The document's time to live starts again. removed_at: as for extend_document().
local function release_document(department, document_id, removed_at)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('EXISTS', key) == 0 then return end
  redis.call('HINCRBY', key, 'jobs', -1)
  extend_document(department, document_id, now + tonumber(redis.call('HGET', key, 'keep_ms')), removed_at)
end

-- Count one job more that brings a text which is known already.
local function bring_text(department, document_id)
  local key = P .. 'document:' .. department .. ':' .. document_id
  if redis.call('HEXISTS', key, 'own') == 1 then redis.call('HINCRBY', key, 'own', 1) end
end

-- A job that was not run leaves nothing: its own text expires at once, unless another job brought it too.
local function expire_own_text(job)
  local key = P .. 'document:' .. job.department .. ':' .. job.document_id
  local document = redis.call('HMGET', key, 'own', 'jobs')
  if not document[1] then return end
  local others = redis.call('HINCRBY', key, 'own', -1)
  if others <= 0 and document[2] == '0' then
    redis.call('HSET', key, 'expires_at', now)
    list_document(job.department, job.document_id, now)
  end
end

local function was_not_run(job) return job.status == 'cancelled' or job.status == 'expired' end

-- Whether no other job has the text that came with an ended job, and when it expires. is_removed: the job's
-- record is, so that it no longer counts.
local function is_last_of_text(job, is_removed)
  local key = P .. 'document:' .. job.department .. ':' .. (job.document_id or '')
  local text = redis.call('HMGET', key, 'own', 'jobs', 'expires_at')
  if not text[1] then return false end
  local others = tonumber(text[1]) - (was_not_run(job) and 0 or 1)
  if others > 0 and is_removed and not was_not_run(job) then redis.call('HSET', key, 'own', others) end
  return others <= 0 and tonumber(text[2]) <= 0, text[3]
end

-- Remove the text that came with an ended job, unless another job has it or it is to be kept longer.
-- Returns whether it was removed, and its blob, as remove_document(). is_removed: as for is_last_of_text().
local function remove_own_text(job, is_removed)
  local is_last, expires_at = is_last_of_text(job, is_removed)
  if not is_last then return false end
  if tonumber(expires_at) > now then
    list_document(job.department, job.document_id, expires_at)
    return false
  end
  return true, remove_document(job.department, job.document_id)
end

local function release_documents(job)
  release_document(job.department, job.document_id, now + tonumber(job.keep_ms))
  for _, id in ipairs(cjson.decode(job.references or '[]')) do
    release_document(job.department, id)
  end
end
