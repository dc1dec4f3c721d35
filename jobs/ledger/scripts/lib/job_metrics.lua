-- requires: grouped_writes
-- Counters of ended jobs, which /metrics shows. They are kept here, so that they do not depend on how many
-- processes there are. jobs/ledger/job_metrics.py reads them.
--
--   chancery:endings      TASK:LANE:STATUS, with :CODE for a job with a problem; jobs in all
--   chancery:job-times    ran:TASK:LANE:BOUND      runs that ended jobs, by the first bound in ms that they
--                                                  do not exceed, 'inf' above the last
--                         waited:DEPT:LANE:BOUND   jobs outside batches, by the time before that run
--                         ran:TASK:LANE:sum, waited:DEPT:LANE:sum   ms in all
-- They have one field for each combination that occurred.

local TIME_BOUNDS_MS = {100, 500, 1000, 2500, 5000, 10000, 30000, 60000, 120000, 300000, 600000, 1800000,
  3600000, 14400000, 86400000}

local function observe_time(series, ms)
  ms = math.max(0, ms)
  local bound = 'inf'
  for i = 1, #TIME_BOUNDS_MS do
    if ms <= TIME_BOUNDS_MS[i] then
      bound = string.format('%d', TIME_BOUNDS_MS[i])
      break
    end
  end
  count_in(P .. 'job-times', series .. ':' .. bound, 1)
  count_in(P .. 'job-times', series .. ':sum', ms)
end

-- A job that ended without a run has waited until then. A line of a batch becomes a job when it is claimed,
-- so that it has no time of its own.
local function observe_waiting(job, was_running)
  if job.batch_id then return end
  -- The record may be damaged.
  local since = math.max(tonumber(job.created_at) or now, tonumber(job.not_before) or 0)
  local end_of_wait = was_running and tonumber(job.started_at) or now
  observe_time('waited:' .. job.department .. ':' .. job.lane, end_of_wait - since)
end

-- code: of the job's problem, or ''. was_running: whether a run ended it.
local function observe_ending(job, status, code, was_running)
  local ending = job.task .. ':' .. job.lane .. ':' .. status
  count_in(P .. 'endings', code == '' and ending or ending .. ':' .. code, 1)
  if was_running then
    local ended = tonumber(job.held_at) or now
    observe_time('ran:' .. job.task .. ':' .. job.lane, ended - (tonumber(job.started_at) or ended))
  end
  observe_waiting(job, was_running)
end
