-- requires: keys
-- Work that is held back: paused by an operator, or outside its window.

local paused

-- Whether an operator has paused the department, the lane, or that lane of that department.
local function is_paused(department, lane)
  if not paused then
    paused = {}
    for _, member in ipairs(redis.call('SMEMBERS', P .. 'paused')) do paused[member] = true end
  end
  return paused['department:' .. department] or paused['lane:' .. lane]
    or paused['department:' .. department .. ':' .. lane] or false
end

-- chancery:closed holds `department:NAME` and `batch:ID` of bulk work that is outside its window. The
-- scheduler sets it with each release; it expires, so that a dead scheduler does not stop work.
local CLOSED_MS = 60000

local function is_closed(job)
  local closed = P .. 'closed'
  return job.lane == 'bulk'
      and redis.call('SISMEMBER', closed, 'department:' .. job.department) == 1
    or job.batch_id and redis.call('SISMEMBER', closed, 'batch:' .. job.batch_id) == 1
end

-- departments, batches: tables by name and by id.
local function set_closed(departments, batches)
  local closed, digest_key = P .. 'closed', P .. 'closed-told'
  local members = {}
  for name in pairs(departments) do members[#members + 1] = 'department:' .. name end
  for id in pairs(batches) do members[#members + 1] = 'batch:' .. id end
  table.sort(members)
  local digest = redis.sha1hex(table.concat(members, ' '))
  if redis.call('GET', digest_key) == digest and redis.call('PTTL', digest_key) > CLOSED_MS / 2 then
    return
  end
  redis.call('DEL', closed)
  for _, member in ipairs(members) do redis.call('SADD', closed, member) end
  redis.call('PEXPIRE', closed, CLOSED_MS)
  redis.call('SET', digest_key, digest, 'PX', CLOSED_MS)
end
