-- requires: bulk_order
-- Give a worker the leases of jobs that wait: interactive ones of the departments in turns, and bulk ones by
-- their turns in tokens. A line of a batch becomes a job with its first claim.
-- ARGV: worker, nonce of this claim, lease in ms, 1 if a wake-up led to this claim, most interactive jobs,
--       most lines of interactive batches among them, most bulk jobs, most unwritten outcomes of a batch,
--       stem of the ids of new jobs, ms within which the worker asks again if it gets jobs, or 0, most bulk
--       jobs of departments that have less than their share of the worker, which are claimed after the
--       others, departments to which this does not apply.
--       -1 jobs of a lane: the worker does not run that lane
-- Returns: {1 if more jobs may wait for this worker, id of a suspect that this worker is to run alone
--          or '', then for each job {'claimed', record, document} as flat lists, with an empty document
--          for a line of a batch, and for lines with their first claim {'lines', what their records have
--          in common, as a flat list, {id, task, offset, length and number of each}}}
-- Invariant: one run at a time has the lease of a job; each has a higher token than all before it. A
--            repeated call gives the same jobs, and no more.
claim.worker, claim.nonce, claim.lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
claim.unwritten, claim.stem = tonumber(ARGV[8]), ARGV[9]
local asks_again_ms = tonumber(ARGV[10])
-- Jobs of a lane in one claim: the server does nothing else meanwhile, and Lua passes at most 8,000 values.
local MOST = 1000
local room, lines_room = math.min(ARGV[5], MOST), math.min(ARGV[6], MOST)
local bulk_room = math.min(ARGV[7], MOST)
local spare_room = math.min(ARGV[11], MOST)
local lines_wait = false
local LAST_CLAIM_MS = 60000 -- longer than the client library retries

local last_claim = P .. 'last-claim:' .. claim.worker

local function claimed_before()
  for _, id in ipairs(redis.call('SMEMBERS', P .. 'held:' .. claim.worker)) do
    local job = load_job(id)
    if job and job.status == 'running' and job.nonce == claim.nonce then add_answer(granted(job)) end
  end
  return {1, '', unpack(claim.answers)}
end

-- How many of a department's jobs are looked at for one that may be claimed: jobs may be late, and lines and
-- batches outside their batch's window.
local MOST_SKIPPED = 1000

-- The first of a department's interactive jobs and batches that may be claimed: a job, or nil and a batch.
local function next_ready(department)
  if is_paused(department, 'interactive') then return end
  local rank = 0
  while rank < MOST_SKIPPED do
    local id = redis.call('ZRANGE', ready_key(department), rank, rank)[1]
    if not id then return end
    if string.sub(id, 1, 6) == 'batch_' then
      local batch = batch_of(id)
      if (tokens_left(department) or 1) > 0 and may_claim_lines(batch) then
        if lines_room > 0 then return nil, batch end
        lines_wait = true
      end
      rank = rank + 1
    else
      local job = load_job(id)
      if is_late(job) then
        if not expire_late(job) then rank = rank + 1 end
      elseif is_closed(job) then
        rank = rank + 1
      else
        return job
      end
    end
  end
end

-- Claim a department's next job, or its share of the room in lines. Returns how many jobs.
local function claim_ready(department, share)
  local job, batch = next_ready(department)
  if job then
    grant(job)
    return 1
  elseif batch then
    local count, tokens = claim_lines(batch, math.min(share, lines_room), ready_key(department))
    lines_room = lines_room - count
    charge(department, tokens)
    return count
  end
  return 0
end

-- Departments take turns: one that was served goes to the end. Returns the departments that were not asked
-- again, in order. served: a set to which those that were served are added.
local function serve_interactive(served)
  local turns, first = redis.call('ZRANGE', P .. 'ready-turns', 0, -1), 1
  while room > 0 and first <= #turns do
    local department = turns[first]
    local count = claim_ready(department, math.ceil(room / (#turns - first + 1)))
    first = first + 1
    if count > 0 then
      room, served[department] = room - count, true
      turns[#turns + 1] = department
    elseif redis.call('EXISTS', ready_key(department)) == 0 then
      redis.call('ZREM', P .. 'ready-turns', department)
    end
  end
  return {unpack(turns, first)}
end

-- Store the order of the departments that were served. Returns whether jobs of others wait.
local function note_turns(left, served)
  local more = false
  for _, department in ipairs(left) do
    if redis.call('EXISTS', ready_key(department)) == 0 then
      redis.call('ZREM', P .. 'ready-turns', department)
    else
      if served[department] then to_the_end_of_turns(department) end
      more = more or not is_paused(department, 'interactive')
    end
  end
  return more
end

-- Returns whether jobs wait for room, apart from lines of batches, which have room of their own.
local function claim_interactive()
  local before, served = #claim.answers, {}
  local more = note_turns(serve_interactive(served), served)
  expect_claim('interactive', #claim.answers > before and room > 0 and asks_again_ms or 0)
  if (more or lines_wait) and #claim.answers > before then
    wake_another('interactive', claim.worker)
  end
  return more
end

-- Bulk jobs of departments whose window is closed, when no other bulk work waits. Returns how many.
local function claim_idle(departments, most)
  local slots = tonumber(redis.call('GET', P .. 'idle-slots') or 0)
  most = math.min(most, slots - redis.call('SCARD', P .. 'running-bulk'))
  if most <= 0 then return 0 end
  return most - serve_in_turn(departments, most)
end

-- Of these departments, those with less than their share: in this worker, and in tokens.
local function with_spare_room(departments)
  local with, others, served = {}, {}, earliest_turn() + CREDIT
  for i = 12, #ARGV do others[ARGV[i]] = true end
  for _, department in ipairs(departments) do
    -- One that has nothing to claim has lost its turn.
    if not others[department] and (turn_of(department) or math.huge) <= served then
      with[#with + 1] = department
    end
  end
  return with
end

-- Returns whether more jobs wait.
local function claim_bulk()
  local before = #claim.answers
  local open, shut = departments_by_window()
  local left, idle = serve_in_turn(open, bulk_room)
  for department, turn in pairs(idle) do note_idle(department, turn) end
  local spare = spare_room
  if left == 0 and spare > 0 then spare = serve_in_turn(with_spare_room(open), spare) end
  local more = left == 0 and any_waits(open)
  expect_claim('bulk', #claim.answers > before and left + spare > 0 and asks_again_ms or 0)
  if left > 0 and #shut > 0 then more = claim_idle(shut, left) > 0 end
  if more and #claim.answers > before then wake_another('bulk', claim.worker) end
  return more
end

if ARGV[4] == '1' then
  answer_wake_up('interactive')
  answer_wake_up('bulk')
end
if room >= 0 then note_asking('interactive', claim.worker) end
if bulk_room >= 0 then note_asking('bulk', claim.worker) end
if redis.call('GET', last_claim) == claim.nonce then return claimed_before() end
group_writes()
local more = room >= 0 and claim_interactive()
-- Bulk work waits while interactive work does.
if not more and bulk_room + spare_room > 0 and windows_are_known() then
  more = claim_bulk()
elseif bulk_room == 0 then
  more = more or redis.call('EXISTS', P .. 'turns') == 1
end
write_groups()
local suspect = next_suspect({interactive = tonumber(ARGV[5]) > 0, bulk = bulk_room > 0})
-- A claim that gives nothing writes nothing, so that the server need not write to its disk.
if #claim.answers > 0 then redis.call('SET', last_claim, claim.nonce, 'PX', LAST_CLAIM_MS) end
-- After a suspect there may be another one.
return {(more or lines_wait or suspect ~= '') and 1 or 0, suspect, unpack(claim.answers)}
