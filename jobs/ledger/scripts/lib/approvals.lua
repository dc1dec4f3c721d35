-- requires: endings
-- Results that wait for a person: a department's setting says of which tasks. Such a job has no lease and no
-- worker. It is `awaiting_approval` here; departments see `running` with the sub-state `awaiting_approval`.
--
--   chancery:awaiting          jobs that wait, by the time at which they expire without a decision
--   chancery:awaiting:DEPT     the same of a department, by the time at which they began to wait
--   chancery:corrected:DEPT    ended jobs whose result a person corrected, until they are removed
-- Fields of a department's record: approval, JSON: tasks (name -> confidence below which results wait, or
-- true for all), within_ms. Fields of a job's record: held_at, awaiting_until; held_blob, the result of the
-- run in the store, until it becomes the job's result or the record is removed; approval, the decision
-- (JSON); case_blob, the input and the corrected result as a test case.

local policies = {}

local function policy_of(department)
  if policies[department] == nil then
    local setting = redis.call('HGET', P .. 'department:' .. department, 'approval')
    policies[department] = setting and setting ~= '' and cjson.decode(setting)
  end
  return policies[department]
end

-- The setting, if the result of a run has to wait for a person. A result without a confidence waits too.
local function approval_of(job, fields)
  local policy = policy_of(job.department)
  local below = policy and policy.tasks[job.task]
  if not below then return nil end
  local confidence = tonumber(field_in(fields, 'confidence') or nil)
  if below ~= true and confidence and confidence >= below then return nil end
  return policy
end

local HELD_AS = {result_blob = 'held_blob', result_bytes = 'held_bytes'}

-- End the run of a job and keep its result, which is in the store, until a person has decided.
local function hold(job, token, policy, fields, usage)
  local bytes, held = 0, {'held_at', now, 'ended_by', token,
    'awaiting_until', string.format('%d', now + policy.within_ms)}
  for i = 1, #fields, 2 do
    held[#held + 1] = HELD_AS[fields[i]] or fields[i]
    held[#held + 1] = fields[i + 1]
    bytes = bytes + #fields[i + 1]
    if fields[i] == 'result_bytes' then
      count_kept(P .. 'job:' .. job.id, job.department, 'stored', tonumber(fields[i + 1]))
    end
  end
  set_status(job, 'awaiting_approval', held)
  count_kept(P .. 'job:' .. job.id, job.department, 'records', bytes)
  redis.call('ZADD', P .. 'awaiting', now + policy.within_ms, job.id)
  redis.call('ZADD', P .. 'awaiting:' .. job.department, now, job.id)
  count_usage(job, usage or {})
  if job.batch_id then hold_line(job, fields, usage) end
end

local function expire_unapproved(job)
  finish(job, 'expired', {'error', problem('approval-expired',
    'Nobody approved or rejected the result in time. Submit the job again.')})
end
