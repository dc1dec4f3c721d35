-- requires: jobs, receivers
-- Give a courier deliveries of callbacks that are due, the longest due first, with all that it needs to
-- make them.
-- ARGV: courier, lease in ms, most deliveries to one receiver at a time, ms for which a due callback may
--       wait for its receiver, most deliveries in this claim, 1 if a wake-up led to this claim, ms within
--       which the courier asks again if it gets deliveries, or 0
-- Returns: {1 if more callbacks are due, this server's time, {id, reason} for each callback that was
--          not claimed: 'full' | 'open' | 'gone' | 'given up', deliveries}. A delivery is {record of the
--          callback, record of its job or batch, attempts made before, record of its department, the
--          department's callback options (JSON or '')}
-- Invariant: a receiver whose breaker is not closed gets at most one new delivery at a time; waiting
--            for a receiver uses no attempt and is limited.
local courier, lease_ms, parallel, wait_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local most = tonumber(ARGV[5])
local MOST_REFUSED = 500
local refused, deliveries = {}, {}
local departments = {}

-- A department's record, and its callback options.
local function department_of(name)
  departments[name] = departments[name] or {redis.call('HGETALL', P .. 'department:' .. name),
    redis.call('GET', P .. 'callback-options:' .. name) or ''}
  return unpack(departments[name])
end

local function refuse(callback, reason) refused[#refused + 1] = {callback.id, reason} end

local function deliver(callback, receiver, admitted)
  local lease_until = now + lease_ms
  callback.token, callback.courier = whole(callback.token + 1), courier
  callback.lease_until = whole(lease_until)
  redis.call('HSET', P .. 'callback:' .. callback.id, 'token', callback.token, 'courier', courier,
    'lease_until', callback.lease_until)
  note_callback('started', callback, {process = courier})
  check_at(callback, lease_until)
  start_delivery(callback, receiver, lease_until, admitted, parallel)
  local subject = callback.job_id ~= '' and job_record(callback.job_id)
    or redis.call('HGETALL', P .. 'batch:' .. callback.batch_id)
  deliveries[#deliveries + 1] = {as_flat(callback), subject,
    redis.call('LLEN', P .. 'attempts:' .. callback.id), department_of(callback.department)}
end

-- Each way through this function moves the callback out of those that are due now.
local function claim(id)
  local callback = load_callback(id)
  if not callback or callback.status ~= 'pending' then
    redis.call('ZREM', P .. 'callbacks-due', id)
  elseif is_leased(callback) then
    check_at(callback, callback.lease_until)
  elseif tonumber(callback.next_attempt_at) > now then
    check_at(callback, callback.next_attempt_at)
  elseif is_gone(callback) then
    end_callback(callback, 'dead', GONE)
    refuse(callback, 'gone')
  else
    local receiver = receiver_of(callback)
    local admitted = admission(receiver, parallel)
    local give_up_at = tonumber(callback.next_attempt_at) + wait_ms
    if admitted == 'free' or admitted == 'probe' then
      deliver(callback, receiver, admitted)
    elseif give_up_at > now then
      park(callback, receiver, give_up_at)
      refuse(callback, admitted)
    else
      end_callback(callback, 'dead', WAITED)
      refuse(callback, 'given up')
    end
  end
end

local function first_due()
  return redis.call('ZRANGEBYSCORE', P .. 'callbacks-due', '-inf', now, 'LIMIT', 0, 1)[1]
end

if ARGV[6] == '1' then answer_wake_up('callbacks') end
group_writes()
local id = first_due()
while id and #deliveries < most and #refused < MOST_REFUSED do
  claim(id)
  id = first_due()
end
write_groups()
note_asking('callbacks', courier)
expect_claim('callbacks', #deliveries > 0 and #deliveries < most and tonumber(ARGV[7]) or 0)
if id and #deliveries > 0 then wake_another('callbacks', courier) end
return {id and 1 or 0, now, refused, deliveries}
