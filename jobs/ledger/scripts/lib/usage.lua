-- requires: grouped_writes
-- What a department used on a day (UTC), in the hash chancery:usage:DEPT:DAY (days since 1970):
--
--   jobs_STATUS, task:TASK:jobs_STATUS      jobs that ended
--   prompt_tokens, completion_tokens,       of all runs
--   cached_tokens, engine_ms
--   repeated_tokens                         part of the tokens: of runs that did not end their jobs
--   model:TASK:ROLE:AMOUNT:MODEL            by task and model, with documents, pages, reasoning_tokens,
--                                           gpu_ms and millijoules; ROLE and MODEL are empty without a model
--   cascade:TASK:...                        results of the fast model: see jobs/ledger/task_use.py
--
-- It is deleted two years after its last change. /metrics shows what all days have in common:
--
--   chancery:tokens   DEPT:prompt_tokens, DEPT:completion_tokens, DEPT:cached_tokens, DEPT:engine_ms

local USAGE_SECONDS = 731 * 86400
local USAGE_IN_ALL = {'prompt_tokens', 'completion_tokens', 'cached_tokens', 'engine_ms'}

local function usage_key(department)
  return P .. 'usage:' .. department .. ':' .. math.floor(now / 86400000)
end

-- amounts: by name, as jobs/ledger/task_use.py makes them.
local function count_usage(job, amounts)
  local day = usage_key(job.department)
  count_all_in(day, amounts)
  for name, amount in pairs(amounts) do
    if string.find(name, 'cascade:', 1, true) == 1 then count_in(P .. 'cascade', name, amount) end
  end
  for _, name in ipairs(USAGE_IN_ALL) do
    if amounts[name] then count_in(P .. 'tokens', job.department .. ':' .. name, amounts[name]) end
  end
  keep_key(day, USAGE_SECONDS)
end

-- Count a run that does not end its job: it is taken back, or the job was ended meanwhile. Once for each
-- run, because its worker repeats a command whose answer was lost.
local function count_run(job, amounts)
  if not next(amounts) or job.counted_run == job.token or job.ended_by == job.token then return end
  redis.call('HSET', P .. 'job:' .. job.id, 'counted_run', job.token)
  amounts.repeated_tokens = (amounts.prompt_tokens or 0) + (amounts.completion_tokens or 0)
  count_usage(job, amounts)
end
