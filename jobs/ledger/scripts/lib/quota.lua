-- Quotas of departments: what may still come, and what may not. Kept in a department's record; an
-- empty or missing field is no limit. Counted here, so that no number of processes can pass them:
--   rate            submissions a second: GCRA in chancery:rate:DEPT, with a second's worth of burst
--   max_in_flight   jobs accepted and not ended, without those that are lines of batches
--   max_queued      jobs queued or scheduled, and lines of batches that are not released yet
--   tokens_per_day  prompt and completion tokens of jobs that ended on this day (UTC)
-- Lines of batches are counted by whoever moves them: released and not ended in
-- chancery:open-lines:DEPT, not yet released in chancery:waiting-lines:DEPT; no key is none.

local DAY_MS = 86400000
local JOB_PAUSE_MS, LINES_PAUSE_MS = 5000, 60000

local function quotas_of(department)
  local kept = redis.call('HMGET', P .. 'department:' .. department,
    'rate', 'max_in_flight', 'max_queued', 'tokens_per_day')
  return {rate = tonumber(kept[1] or ''), max_in_flight = tonumber(kept[2] or ''),
    max_queued = tonumber(kept[3] or ''), tokens_per_day = tonumber(kept[4] or '')}
end

local function count_jobs(department, statuses)
  local count = 0
  for _, status in ipairs(statuses) do
    count = count + redis.call('ZCARD', P .. 'jobs:' .. department .. ':' .. status)
  end
  return count
end

local function count_lines(which, department)
  return tonumber(redis.call('GET', P .. which .. '-lines:' .. department) or 0)
end

local function in_flight_left(department, most)
  local open = count_jobs(department, {'queued', 'running', 'scheduled'})
  return most - open + count_lines('open', department)
end

local function queued_left(department, most)
  return most - count_jobs(department, {'queued', 'scheduled'})
    - count_lines('waiting', department)
end

local function day_left(department, most)
  local used = redis.call('HMGET', P .. 'usage:' .. department .. ':' .. math.floor(now / DAY_MS),
    'prompt_tokens', 'completion_tokens')
  return most - (tonumber(used[1] or 0) + tonumber(used[2] or 0))
end

-- Returns: submissions that may come now, ms until there may be one more, ms of work ahead.
local function rate_left(department, rate)
  local each = 1000 / rate
  local burst = math.max(each, 1000)
  local due = tonumber(redis.call('GET', P .. 'rate:' .. department) or 0)
  local ahead = math.max(due - now, 0)
  -- A thousandth more, because fractions of a millisecond are rounded where they are kept.
  local left = math.max(math.floor((burst - ahead) / each + 0.001), 0)
  return left, math.ceil(ahead - burst + (left + 1) * each), ahead
end

-- Tokens that a department may still use today, nil where it may use any number: bulk work of one
-- that has none left is not released before tomorrow.
local function tokens_left(department)
  local most = quotas_of(department).tokens_per_day
  return most and math.max(day_left(department, most), 0)
end

-- What a department's quotas leave: {name, limit, left, ms until there is more or -1} for each that
-- it has, to be read by `jobs/ledger/quotas.py`.
local function quotas_left(department)
  local most, found = quotas_of(department), {}
  local function add(name, limit, left, ms)
    found[#found + 1] = {name, tostring(limit), math.max(left, 0), ms}
  end
  if most.rate then
    local left, ms = rate_left(department, most.rate)
    add('rate', most.rate, left, ms)
  end
  if most.max_in_flight then
    add('in-flight', most.max_in_flight, in_flight_left(department, most.max_in_flight), -1)
  end
  if most.max_queued then
    add('queued', most.max_queued, queued_left(department, most.max_queued), -1)
  end
  if most.tokens_per_day then
    add('tokens-per-day', most.tokens_per_day, day_left(department, most.tokens_per_day),
      DAY_MS - now % DAY_MS)
  end
  return found
end

-- Whether a submission of so many jobs, or of a batch of so many lines, is too much: nil, or
-- {code of the problem, ms after which to try again}. Where it is not, it counts as one submission
-- for the rate: ask last, when nothing else stands in the way, and once.
local function over_quota(department, jobs, lines)
  local most = quotas_of(department)
  local pause = lines > 0 and LINES_PAUSE_MS or JOB_PAUSE_MS
  if most.tokens_per_day and day_left(department, most.tokens_per_day) <= 0 then
    return {'quota-tokens', DAY_MS - now % DAY_MS}
  end
  if most.max_in_flight and jobs > math.max(in_flight_left(department, most.max_in_flight), 0) then
    return {'quota-in-flight', pause}
  end
  if most.max_queued and jobs + lines > math.max(queued_left(department, most.max_queued), 0) then
    return {'quota-queued', pause}
  end
  if most.rate then
    local left, ms, ahead = rate_left(department, most.rate)
    if left < 1 then return {'rate-limited', ms} end
    ahead = ahead + 1000 / most.rate
    redis.call('SET', P .. 'rate:' .. department, string.format('%.3f', now + ahead),
      'PX', math.ceil(ahead) + 1000)
  end
  return nil
end
