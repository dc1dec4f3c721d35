-- requires: claims
-- Bulk work that waits, and the order in which it is claimed: departments by turn, and of each the earliest
-- deadline. A turn moves by tokens over weight, so that departments share the engines by weight,
-- whatever the size of their documents.

-- Lines that a department may claim before the turns are compared again.
local LINES_AT_ONCE = 2
local MOST_PASSED_OVER = 1000

local function waiting_key(department) return P .. 'waiting:' .. department end

-- The first of a department's bulk jobs and batches that may be claimed: a job, or nil and a batch.
local function head_of(department)
  if is_paused(department, 'bulk') or (tokens_left(department) or 1) <= 0 then return end
  local rank = 0
  while rank < MOST_PASSED_OVER do
    local id = redis.call('ZRANGE', waiting_key(department), rank, rank)[1]
    if not id then return end
    if string.sub(id, 1, 4) == 'job_' then
      local job = load_job(id)
      if is_late(job) then
        if not expire_late(job) then rank = rank + 1 end
      elseif job.batch_id and is_closed_batch(job.batch_id) then
        rank = rank + 1
      else
        return job
      end
    elseif not is_closed_batch(id) and may_claim_lines(batch_of(id)) then
      return nil, batch_of(id)
    else
      rank = rank + 1
    end
  end
end

-- Claim some of a department's first work, at most `most` jobs. Returns how many jobs.
local function claim_head(department, most)
  local job, batch = head_of(department)
  local count, tokens = 0, 0
  if job then
    grant(job)
    -- A requeued line was charged when it was first claimed.
    count, tokens = 1, job.batch_id and 0 or JOB_TOKENS
  elseif batch then
    count, tokens = claim_lines(batch, most, waiting_key(department))
  end
  if tokens > 0 then charge(department, tokens) end
  return count
end

local function turn_of(department) return tonumber(redis.call('ZSCORE', P .. 'turns', department)) end

-- Serve departments in the order of their turns until there is no room, or nothing that may be claimed.
-- Returns the room that is left, and the turns of departments that have nothing to claim.
local function serve_in_turn(departments, room)
  local candidates, idle = {}, {}
  for i, department in ipairs(departments) do
    candidates[i] = {name = department, turn = turn_of(department)}
  end
  while #candidates > 0 and room > 0 do
    local first = 1
    for i, candidate in ipairs(candidates) do
      if candidate.turn < candidates[first].turn then first = i end
    end
    local candidate = candidates[first]
    local count = claim_head(candidate.name, #candidates > 1 and math.min(room, LINES_AT_ONCE) or room)
    if count > 0 then
      room = room - count
      local turn = turn_of(candidate.name)
      -- One that is alone gets all room at once; its turn moves on as if it got some lines at a time.
      local last = math.min(count, LINES_AT_ONCE) / count
      note_served(turn - (turn - candidate.turn) * last)
      candidate.turn = turn
    else
      idle[candidate.name] = candidate.turn
      table.remove(candidates, first)
    end
  end
  return room, idle
end

-- Departments with bulk work, those whose window is open and the others.
local function departments_by_window()
  local open, shut = {}, {}
  for _, department in ipairs(redis.call('ZRANGE', P .. 'turns', 0, -1)) do
    local side = is_closed_department(department) and shut or open
    side[#side + 1] = department
  end
  return open, shut
end

local function any_waits(departments)
  for _, department in ipairs(departments) do
    local job, batch = head_of(department)
    if job or batch then return true end
  end
  return false
end

-- A department that has nothing to claim has no turn saved up, and none at all without waiting work.
local function note_idle(department, turn)
  if redis.call('EXISTS', waiting_key(department)) == 0 then
    remove_from_turns(department)
  else
    limit_credit(department, turn)
  end
end
