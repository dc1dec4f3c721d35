-- requires: transitions, activity, kept
-- A job's record, its state, and the indexes that list it.
--
-- A job that has not ended is in exactly one of these indexes, by its state:
--   scheduled          chancery:scheduled         by the time it is due
--   queued             chancery:ready:DEPT        by deadline: interactive jobs that wait for a worker,
--                      chancery:waiting:DEPT      by deadline: bulk jobs that do, or
--                      chancery:suspects          jobs that are to run alone
--   running            chancery:running           by the time its lease ends; bulk jobs are in
--                                                 chancery:running-bulk too, and those of a worker in
--                                                 chancery:held:WORKER
--   awaiting_approval  chancery:awaiting          by the time at which it expires: see lib/approvals.lua
-- One that has ended is in
--   chancery:ended:KEEP_MS    list, in order of the ends: it is removed so many ms after its end
--   chancery:ended            instead, by the time at which it is removed, if its callback was then pending
-- Each job is in chancery:jobs:DEPT:STATUS, with score 0, which lists it by its id.
--
--   chancery:keep-times       set of the KEEP_MS for which there are lists

local function load_job(id)
  local job = as_map(redis.call('HGETALL', P .. 'job:' .. id))
  if not job.status then return nil end
  job.id = id
  return job
end

-- A job's record as a flat list, with its id, which is in the name of the key alone; empty without one.
local function job_record(id)
  local record = redis.call('HGETALL', P .. 'job:' .. id)
  if #record > 0 then
    record[#record + 1] = 'id'
    record[#record + 1] = id
  end
  return record
end

-- Jobs that may have killed the worker or the engine that ran them: see lib/suspects.lua.
local SUSPECT_DEATHS, SUSPECT_ENGINE_LOSSES = 2, 3

local function is_suspect(job)
  return tonumber(job.deaths or 0) >= SUSPECT_DEATHS
    or tonumber(job.engine_losses or 0) >= SUSPECT_ENGINE_LOSSES
end

local function jobs_with_status(job, status)
  return P .. 'jobs:' .. job.department .. ':' .. status
end

local function remove_from_index(job)
  if job.status == 'scheduled' then
    redis.call('ZREM', P .. 'scheduled', job.id)
  elseif job.status == 'queued' then
    redis.call('ZREM', P .. (job.lane == 'bulk' and 'waiting:' or 'ready:') .. job.department, job.id)
    if is_suspect(job) then redis.call('ZREM', P .. 'suspects', job.id) end
  elseif job.status == 'running' then
    write_to('ZREM', P .. 'running', job.id)
    if job.lane == 'bulk' then write_to('SREM', P .. 'running-bulk', job.id) end
    write_to('SREM', P .. 'held:' .. job.worker, job.id)
  elseif job.status == 'awaiting_approval' then
    redis.call('ZREM', P .. 'awaiting', job.id)
    redis.call('ZREM', P .. 'awaiting:' .. job.department, job.id)
  end
end

-- Change a job's state and remove it from the index of the state before. The caller adds it to the
-- index of the new one. fields: a flat list of further fields of its record, which may be left out.
local function set_status(job, status, fields)
  check_transition('job', job, status)
  if job.status then
    remove_from_index(job)
    write_to('ZREM', jobs_with_status(job, job.status), job.id)
  end
  write_to('ZADD', jobs_with_status(job, status), 0, job.id)
  redis.call('HSET', P .. 'job:' .. job.id, 'status', status, unpack(fields or {}))
  job.status = status
end

-- Nothing reads these fields of an ended job, nor `done` and `total` if they are 0. Its token stays: a run
-- that lost its lease is refused by it.
local UNTIL_THE_END = {'options', 'references', 'keep_ms', 'worker', 'nonce', 'alone', 'tries', 'deaths',
  'engine_losses'}

local function drop_needless_fields(job)
  redis.call('HDEL', P .. 'job:' .. job.id, unpack(UNTIL_THE_END))
  if job.total == '0' then redis.call('HDEL', P .. 'job:' .. job.id, 'done', 'total') end
end

-- Have a job that ended now be removed after its time. Its id stays there if it is deleted before.
local function remove_later(id, keep_ms)
  if redis.call('RPUSH', P .. 'ended:' .. keep_ms, id) == 1 then
    redis.call('SADD', P .. 'keep-times', keep_ms)
  end
end

-- Remove an ended job's record. The caller removes the blob of its result and its callback.
local function remove_job(job)
  write_to('ZREM', P .. 'ended', job.id)
  write_to('ZREM', jobs_with_status(job, job.status), job.id)
  write_to('ZREM', P .. 'corrected:' .. job.department, job.id)
  if job.batch_id then write_to('SREM', P .. 'called:' .. job.batch_id, job.id) end
  free_kept(P .. 'job:' .. job.id, job.department)
  redis.call('DEL', P .. 'job:' .. job.id)
end
