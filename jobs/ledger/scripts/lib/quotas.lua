-- requires: kept
-- A department's quotas and what is left of them. They are in its record, and where a field is empty or
-- missing in chancery:default-quotas; 0 is no limit. They are checked here, so that several processes
-- together cannot exceed them.
--   rate              submissions a second: GCRA in chancery:rate:DEPT, with a burst of one second's worth
--   max_in_flight     jobs accepted and not ended, without lines of batches
--   max_queued        jobs queued or scheduled, and lines of batches that are not released yet
--   tokens_per_day    prompt and completion tokens of jobs that ended on this day (UTC), without those of
--                     runs that were repeated
--   max_record_bytes  bytes of records on this server: see lib/kept.lua
--   max_stored_bytes  bytes in the store
--   max_open_batches  batches that have not ended
-- Lines are counted when they move: released and not ended in chancery:open-lines:DEPT, not yet released
-- in chancery:waiting-lines:DEPT. A missing key is zero.

local DAY_MS = 86400000
local JOB_RETRY_MS, LINES_RETRY_MS, KEPT_RETRY_MS = 5000, 60000, 60000
local QUOTAS = {'rate', 'max_in_flight', 'max_queued', 'tokens_per_day', 'max_record_bytes',
  'max_stored_bytes', 'max_open_batches'}
local known_quotas = {}

local function quotas_of(department)
  if known_quotas[department] then return known_quotas[department] end
  local own = redis.call('HMGET', P .. 'department:' .. department, unpack(QUOTAS))
  local default = redis.call('HMGET', P .. 'default-quotas', unpack(QUOTAS))
  local quotas = {}
  for i, name in ipairs(QUOTAS) do
    local limit = tonumber(own[i] or '') or tonumber(default[i] or '')
    if limit and limit > 0 then quotas[name] = limit end
  end
  known_quotas[department] = quotas
  return quotas
end

local function count_jobs(department, statuses)
  local count = 0
  for _, status in ipairs(statuses) do
    count = count + redis.call('ZCARD', P .. 'jobs:' .. department .. ':' .. status)
  end
  return count
end

local function lines_of(department, kind)
  return tonumber(redis.call('GET', P .. kind .. '-lines:' .. department) or 0)
end

local function in_flight_left(department, most)
  local open = count_jobs(department, {'queued', 'running', 'scheduled', 'awaiting_approval'})
  return most - open + lines_of(department, 'open')
end

local function queued_left(department, most)
  return most - count_jobs(department, {'queued', 'scheduled'})
    - lines_of(department, 'waiting')
end

local function day_left(department, most)
  local used = redis.call('HMGET', P .. 'usage:' .. department .. ':' .. math.floor(now / DAY_MS),
    'prompt_tokens', 'completion_tokens', 'repeated_tokens')
  return most - (tonumber(used[1] or 0) + tonumber(used[2] or 0) - tonumber(used[3] or 0))
end

local function open_batches_left(department, most)
  return most - redis.call('SCARD', P .. 'open-batches:' .. department)
end

-- Returns: submissions allowed now, ms until one more is allowed, ms of submissions already counted.
local function rate_left(department, rate)
  local interval = 1000 / rate
  local burst = math.max(interval, 1000)
  local due = tonumber(redis.call('GET', P .. 'rate:' .. department) or 0)
  local ahead = math.max(due - now, 0)
  -- 0.001 more, because the stored time is rounded to a thousandth of a millisecond.
  local left = math.max(math.floor((burst - ahead) / interval + 0.001), 0)
  return left, math.ceil(ahead - burst + (left + 1) * interval), ahead
end

-- Count one submission. Returns nil, or ms until one is allowed if none is allowed now.
local function count_against_rate(department, rate)
  local left, ms, ahead = rate_left(department, rate)
  if left < 1 then return ms end
  ahead = ahead + 1000 / rate
  redis.call('SET', P .. 'rate:' .. department, string.format('%.3f', now + ahead),
    'PX', math.ceil(ahead) + 1000)
  return nil
end

-- Tokens that a department may still use today; nil for no limit.
local function tokens_left(department)
  local most = quotas_of(department).tokens_per_day
  return most and math.max(day_left(department, most), 0)
end

-- {name, limit, left, ms until there is more or -1} for each quota that a department has.
local function quotas_left(department)
  local most, quotas = quotas_of(department), {}
  local function add(name, limit, left, ms)
    quotas[#quotas + 1] = {name, tostring(limit), math.max(left, 0), ms}
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
  if most.max_open_batches then
    add('open-batches', most.max_open_batches,
      open_batches_left(department, most.max_open_batches), -1)
  end
  if not (most.max_record_bytes or most.max_stored_bytes) then return quotas end
  local records, stored = kept_bytes(department)
  if most.max_record_bytes then
    add('record-bytes', most.max_record_bytes, most.max_record_bytes - records, -1)
  end
  if most.max_stored_bytes then
    add('stored-bytes', most.max_stored_bytes, most.max_stored_bytes - stored, -1)
  end
  return quotas
end

-- Whether so many more bytes would exceed a quota: nil, or as over_quota returns.
local function over_kept(department, more_records, more_stored)
  local most = quotas_of(department)
  if not (most.max_record_bytes or most.max_stored_bytes) then return nil end
  local records, stored = kept_bytes(department)
  if most.max_record_bytes and records + more_records > most.max_record_bytes then
    return {'quota-records', KEPT_RETRY_MS}
  end
  if most.max_stored_bytes and more_stored > 0 and stored + more_stored > most.max_stored_bytes then
    return {'quota-storage', KEPT_RETRY_MS}
  end
  return nil
end

-- Check a submission. new: what it adds: jobs, lines, batches, and bytes as `records` and `stored`.
-- Returns nil, and counts it against the rate, or {code of the problem, ms after which to try again}.
-- Call it once, after all other checks.
local function over_quota(department, new)
  local most = quotas_of(department)
  local jobs, lines, batches = new.jobs or 0, new.lines or 0, new.batches or 0
  local retry_ms = lines > 0 and LINES_RETRY_MS or JOB_RETRY_MS
  if most.tokens_per_day and day_left(department, most.tokens_per_day) <= 0 then
    return {'quota-tokens', DAY_MS - now % DAY_MS}
  end
  if most.max_in_flight and jobs > math.max(in_flight_left(department, most.max_in_flight), 0) then
    return {'quota-in-flight', retry_ms}
  end
  if most.max_queued and jobs + lines > math.max(queued_left(department, most.max_queued), 0) then
    return {'quota-queued', retry_ms}
  end
  if batches > 0 and most.max_open_batches
      and batches > open_batches_left(department, most.max_open_batches) then
    return {'quota-batches', retry_ms}
  end
  local over = over_kept(department, new.records or 0, new.stored or 0)
  if over then return over end
  if most.rate then
    local ms = count_against_rate(department, most.rate)
    if ms then return {'rate-limited', ms} end
  end
  return nil
end
