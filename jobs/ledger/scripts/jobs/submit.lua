-- requires: documents, jobs, queueing, replies
-- Store a job, its document and the reply to its submission, and queue the job, in one step.
-- ARGV: job (JSON, flat), document (JSON, flat, or ''), reply (JSON: key, body_sha256, body,
--       keep_ms, or ''), most jobs that may wait in the whole system
-- Returns: {'stored', quotas left, document's blob in the store, or ''} | {'replayed', quotas left, body}
--          | {'mismatch'} | {'full'} | {'no-document', id of a reference} | {'over', quotas left, code, ms}
-- Invariant: a job's record, its index entry and its wake-up are written together or not at all. A
--            repeated call (the client library's retry) changes nothing.
local job = cjson.decode(ARGV[1])
local document = ARGV[2] ~= '' and cjson.decode(ARGV[2]) or nil
local reply = ARGV[3] ~= '' and cjson.decode(ARGV[3]) or nil
local most = tonumber(ARGV[4])
if document then document.expires_at = now + tonumber(document.keep_ms) end
local document_key = P .. 'document:' .. job.department .. ':' .. job.document_id

if redis.call('EXISTS', P .. 'job:' .. job.id) == 1 then
  return {'stored', quotas_left(job.department), stored_blob(document_key) or ''}
end

local earlier = earlier_reply(job.department, 'jobs', reply)
if earlier then return earlier end

if not document and redis.call('EXISTS', document_key) == 0 then return {'no-document'} end
local references = cjson.decode(job.references or '[]')
for _, id in ipairs(references) do
  if redis.call('EXISTS', P .. 'document:' .. job.department .. ':' .. id) == 0 then
    return {'no-document', id}
  end
end

local waiting = redis.call('ZCARD', P .. 'scheduled')
for _, name in ipairs(redis.call('ZRANGE', P .. 'turns', 0, -1)) do
  waiting = waiting + redis.call('ZCARD', P .. 'waiting:' .. name)
end
for _, name in ipairs(redis.call('ZRANGE', P .. 'ready-turns', 0, -1)) do
  waiting = waiting + redis.call('ZCARD', ready_key(name))
end
if waiting >= most then return {'full'} end

local is_new = document and redis.call('EXISTS', document_key) == 0
local bytes = RECORD_BYTES + #ARGV[1]
local document_records, document_stored = 0, 0
if is_new then document_records, document_stored = document_bytes(document) end
local over = over_quota(job.department, {jobs = 1,
  records = bytes + document_records + (reply and #ARGV[3] or 0), stored = document_stored})
if over then return {'over', quotas_left(job.department), unpack(over)} end

if document then
  if is_new then
    document.own = 1
    add_document(document)
  else
    bring_text(job.department, job.document_id)
  end
  extend_document(job.department, job.document_id, now + tonumber(document.keep_ms))
end
if not document then share_document(job.department, job.document_id) end
redis.call('HINCRBY', document_key, 'jobs', 1)
for _, id in ipairs(references) do
  redis.call('HINCRBY', P .. 'document:' .. job.department .. ':' .. id, 'jobs', 1)
  share_document(job.department, id)
end

job.token, job.attempts, job.tries, job.deaths, job.kept_records = 0, 0, 0, 0, bytes
local record = as_flat(job, 'id')
add_kept(job.department, 'records', bytes)
if job.deadline then redis.call('ZADD', P .. 'deadlines', job.deadline, job.id) end
note_job('received', job)
if job.not_before and tonumber(job.not_before) > now then
  schedule(job, job.not_before, record)
else
  queue(job, record)
end

keep_reply(job.department, 'jobs', reply, 202)
return {'stored', quotas_left(job.department), stored_blob(document_key) or ''}
