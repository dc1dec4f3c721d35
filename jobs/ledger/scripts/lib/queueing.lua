-- requires: jobs, pauses, ready, turns
-- The ways in which a job becomes queued or scheduled.

local NO_DEADLINE = 9007199254740991

-- Add a bulk job or batch to those that wait.
local function add_to_waiting(department, score, id)
  redis.call('ZADD', P .. 'waiting:' .. department, score, id)
  add_to_turns(department)
  wake('bulk')
end

-- fields: a flat list of further fields of the job's record, which may be left out.
local function queue(job, fields)
  if job.status == 'queued' then remove_from_index(job) else set_status(job, 'queued', fields) end
  if is_suspect(job) then
    add_suspect(job)
  elseif job.lane == 'interactive' then
    add_ready(job.department, job.batch_id and READY_LINE or job.deadline or READY_LAST, job.id)
  else
    -- A requeued line goes before the other lines of its batch.
    local deadline = tonumber(job.deadline or NO_DEADLINE)
    add_to_waiting(job.department, job.batch_id and deadline - 1 or deadline, job.id)
  end
end

-- fields: as for queue().
local function schedule(job, due, fields)
  set_status(job, 'scheduled', fields)
  redis.call('ZADD', P .. 'scheduled', due, job.id)
end
