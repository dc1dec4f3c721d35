-- Remove what has been kept long enough: ended jobs with their callbacks, unused
-- documents, and files that no batch uses.
-- ARGV: most of each kind in one call
-- Returns: {blobs that nothing refers to any more, jobs forgotten, documents forgotten,
--           files forgotten}
local blobs, jobs, documents, files = {}, 0, 0, 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ended', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local job = load_job(id)
  local callback = job.callback_id and P .. 'callback:' .. job.callback_id
  if callback and redis.call('HGET', callback, 'status') == 'pending' then
    redis.call('ZADD', P .. 'ended', now + 3600000, id)
  else
    if job.result_blob and job.result_blob ~= '' then blobs[#blobs + 1] = job.result_blob end
    if callback then
      local list = P .. 'callbacks:' .. job.department
      redis.call('ZREM', list, job.callback_id)
      redis.call('ZREM', list .. ':delivered', job.callback_id)
      redis.call('ZREM', list .. ':dead', job.callback_id)
      redis.call('ZREM', P .. 'dead:' .. job.department, job.callback_id)
      redis.call('DEL', callback, P .. 'attempts:' .. job.callback_id)
    end
    redis.call('ZREM', P .. 'ended', id)
    redis.call('ZREM', P .. 'jobs:' .. job.department, id)
    redis.call('ZREM', listed(job, job.status), id)
    redis.call('DEL', P .. 'job:' .. id)
    jobs = jobs + 1
  end
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', P .. 'documents', '-inf', now, 'LIMIT', 0,
    ARGV[1])) do
  local key = P .. 'document:' .. member
  if tonumber(redis.call('HGET', key, 'jobs') or 0) > 0 then
    redis.call('ZADD', P .. 'documents', now + 3600000, member)
  else
    blobs[#blobs + 1] = redis.call('HGET', key, 'blob')
    redis.call('DEL', key)
    redis.call('ZREM', P .. 'documents', member)
    documents = documents + 1
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'files', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  if tonumber(redis.call('HGET', P .. 'file:' .. id, 'uses') or 0) > 0 then
    redis.call('ZADD', P .. 'files', now + 3600000, id)
  else
    for _, blob in ipairs(forget_file(id)) do blobs[#blobs + 1] = blob end
    files = files + 1
  end
end
return {blobs, jobs, documents, files}
