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

-- chancery:closed holds `department:NAME` and `batch:ID` of bulk work that is outside its window, and
-- `known`. The scheduler sets it once a second. It expires: without a scheduler no bulk work is started,
-- because the open windows are not known.
local CLOSED_MS = 60000

local closed

local function closed_members()
  if not closed then
    closed = {}
    for _, member in ipairs(redis.call('SMEMBERS', P .. 'closed')) do closed[member] = true end
  end
  return closed
end

local function windows_are_known() return closed_members().known or false end

local function is_closed_department(name) return closed_members()['department:' .. name] or false end

local function is_closed_batch(id) return closed_members()['batch:' .. id] or false end

local function is_closed(job)
  return job.lane == 'bulk' and is_closed_department(job.department)
    or job.batch_id and is_closed_batch(job.batch_id)
end

-- departments, batches: tables by name and by id.
local function set_closed(departments, batches)
  local key, digest_key = P .. 'closed', P .. 'closed-digest'
  local members = {'known'}
  for name in pairs(departments) do members[#members + 1] = 'department:' .. name end
  for id in pairs(batches) do members[#members + 1] = 'batch:' .. id end
  table.sort(members)
  local digest = redis.sha1hex(table.concat(members, ' '))
  if redis.call('GET', digest_key) == digest and redis.call('PTTL', digest_key) > CLOSED_MS / 2 then
    return
  end
  redis.call('DEL', key)
  for _, member in ipairs(members) do redis.call('SADD', key, member) end
  redis.call('PEXPIRE', key, CLOSED_MS)
  redis.call('SET', digest_key, digest, 'PX', CLOSED_MS)
  closed = nil
end
