-- requires: claims
-- Give a worker the leases of interactive jobs that wait: departments in turns, and of each the job with
-- the earliest deadline.
-- ARGV: worker, nonce of this claim, lease in ms, most jobs, 1 if a wake-up led to this claim
-- Returns: {1 if more jobs wait that may be claimed, id of a suspect that this worker is to run alone
--          or '', then for each job {'claimed', record, document} as flat lists}
-- Invariant: one run at a time has the lease of a job; each has a higher token than all before it. A
--            repeated call gives the same jobs, and no more.
local claim = {worker = ARGV[1], nonce = ARGV[2], lease_ms = tonumber(ARGV[3])}
local most = tonumber(ARGV[4])
local LAST_CLAIM_MS = 60000 -- longer than the client library retries

local function repeated()
  local key = P .. 'last-claim:' .. claim.worker
  if redis.call('GET', key) == claim.nonce then return true end
  redis.call('SET', key, claim.nonce, 'PX', LAST_CLAIM_MS)
  return false
end

local function claimed_before()
  local answers = {1, ''}
  for _, id in ipairs(redis.call('SMEMBERS', P .. 'held:' .. claim.worker)) do
    local job = load_job(id)
    if job and job.status == 'running' and job.nonce == claim.nonce then
      answers[#answers + 1] = granted(job)
    end
  end
  return answers
end

-- How many of a department's jobs are looked at for one that may be claimed: lines of interactive batches
-- may be outside the window of their batch.
local MOST_SKIPPED = 100

-- The first job of a department that may be claimed, or nil.
local function next_ready(department)
  if is_paused(department, 'interactive') then return nil end
  local rank = 0
  while rank < MOST_SKIPPED do
    local id = redis.call('ZRANGE', ready_key(department), rank, rank)[1]
    if not id then return nil end
    local job = load_job(id)
    if job.deadline and tonumber(job.deadline) <= now then
      expire(job) -- which removes it from this order
    elseif is_closed(job) then
      rank = rank + 1
    else
      return job
    end
  end
end

-- Departments take turns: one that was served goes to the end. Returns the departments that were not asked
-- again, in order.
local function serve(answers, served)
  local turns, first, left = redis.call('ZRANGE', P .. 'ready-turns', 0, -1), 1, most
  while left > 0 and first <= #turns do
    local department = turns[first]
    first = first + 1
    local job = next_ready(department)
    if job then
      answers[#answers + 1] = grant(job, claim)
      left, served[department] = left - 1, true
      turns[#turns + 1] = department
    elseif redis.call('EXISTS', ready_key(department)) == 0 then
      redis.call('ZREM', P .. 'ready-turns', department)
    end
  end
  return {unpack(turns, first)}
end

-- Store the order of the departments that were served, and whether more jobs wait.
local function note_turns(left, served)
  local more = 0
  for _, department in ipairs(left) do
    if redis.call('EXISTS', ready_key(department)) == 0 then
      redis.call('ZREM', P .. 'ready-turns', department)
    else
      if served[department] then to_the_end_of_turns(department) end
      if not is_paused(department, 'interactive') then more = 1 end
    end
  end
  return more
end

if ARGV[5] == '1' then answer_wake_up('interactive') end
if repeated() then return claimed_before() end
local answers = {0, next_suspect()}
local served = {}
local left = serve(answers, served)
answers[1] = note_turns(left, served)
if answers[1] == 1 and #answers > 2 then wake('interactive') end
return answers
