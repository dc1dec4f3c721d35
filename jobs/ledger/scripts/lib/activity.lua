-- requires: grouped_writes
-- What happened to jobs, callbacks and batches, in order, for Flower. The scheduler takes it.

-- More than this is dropped, the oldest first, while no scheduler runs.
local ACTIVITY_MOST = 20000

local happened = {} -- of this command, in order

local function write_entries()
  local length = redis.call('RPUSH', P .. 'activity', unpack(happened))
  if length > ACTIVITY_MOST then redis.call('LTRIM', P .. 'activity', -ACTIVITY_MOST, -1) end
  happened = {}
end

-- event: received | started | succeeded | failed | retried | revoked, as in Celery's `task-EVENT`.
-- name: the task. about: process, detail and seconds of the run; each may be left out.
local function note(event, id, name, about)
  about = about or {}
  happened[#happened + 1] = cjson.encode({event, id, name, now, about.process or '', about.detail or '',
    about.seconds or 0})
  if #happened == 1 then at_the_end(write_entries) end
end

-- The lines of a batch are shown by their batch, each of its own only if something goes wrong.
local function note_job(event, job, detail)
  if job.batch_id and (event == 'received' or event == 'started' or event == 'succeeded') then return end
  local about = {process = job.worker, detail = detail}
  -- A run ends when its result is held for approval.
  if job.started_at then about.seconds = ((job.held_at or now) - tonumber(job.started_at)) / 1000 end
  note(event, job.id, job.task, about)
end
