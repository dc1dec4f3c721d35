-- requires: celery
-- Interactive work that waits for a worker, and the departments' turns.
--
--   chancery:ready:DEPT     a department's interactive jobs, by deadline and then by age; after them lines of
--                           batches that were taken back from their runs; after those its interactive batches
--   chancery:ready-turns    departments with such work, by when they were served last. The first is
--                           served next, one job at a time, so that the jobs of one department do not
--                           delay those of another
--   chancery:ready-turn     counts up with each change of chancery:ready-turns
--   chancery:suspects       jobs that are run alone, by the time from which a worker is told of them

local READY_LAST, READY_LINE, READY_BATCH = 9007199254740990, 9007199254740991, 9007199254740992

local function ready_key(department) return P .. 'ready:' .. department end

local function to_the_end_of_turns(department)
  redis.call('ZADD', P .. 'ready-turns', redis.call('INCR', P .. 'ready-turn'), department)
end

-- id: of a job or a batch.
local function add_ready(department, score, id)
  redis.call('ZADD', ready_key(department), score, id)
  if not redis.call('ZSCORE', P .. 'ready-turns', department) then to_the_end_of_turns(department) end
  wake('interactive')
end

local function add_suspect(job)
  redis.call('ZADD', P .. 'suspects', now, job.id)
  wake(job.lane)
end
