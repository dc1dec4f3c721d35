-- requires: jobs, pauses, ready, turns
-- The ways in which a job becomes queued or scheduled.

local NO_DEADLINE = 9007199254740991

-- Scores in chancery:waiting:DEPT that come before every deadline. Earlier releases let interactive jobs
-- that were paused wait there.
local INTERACTIVE_JOB, INTERACTIVE_BATCH = 0, 1

local function send_job(job, first)
  redis.call('ZADD', P .. 'sent:' .. job.lane, now, job.id)
  send_message(job.lane, job.task, job.id, {job.id}, first)
end

-- Add a job or a batch to those that wait for their release.
local function add_to_waiting(department, score, id)
  redis.call('ZADD', P .. 'waiting:' .. department, score, id)
  add_to_turns(department)
end

local function queue(job)
  if job.status == 'queued' then remove_from_index(job) else set_status(job, 'queued') end
  if job.lane == 'interactive' and is_suspect(job) then
    add_suspect(job)
  elseif job.lane == 'interactive' then
    add_ready(job)
  else
    -- A requeued line goes before the lines of its batch that were not released yet.
    local deadline = tonumber(job.deadline or NO_DEADLINE)
    add_to_waiting(job.department, job.batch_id and deadline - 1 or deadline, job.id)
  end
end

local function schedule(job, due)
  set_status(job, 'scheduled')
  redis.call('ZADD', P .. 'scheduled', due, job.id)
end
