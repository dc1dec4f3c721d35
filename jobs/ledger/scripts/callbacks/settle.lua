-- requires: breakers
-- Store attempts at delivery, each independently of the others, and update callbacks and receivers.
-- ARGV: most deliveries to one receiver at a time, first and longest pause of a breaker in ms, ms within
--       which the courier claims others, or 0, then for each attempt: callback id, token, attempt (JSON),
--       status: delivered | dead | pending, delay in ms, outcome: delivered | failed | gone (the receiver
--       answered 410) | unsent, the beginning of the receiver's response, or ''
-- Returns: for each, {1, change of the receiver's breaker: 'opened' | 'closed' | ''} (also on a repeated
--          call) | {0, ''} if another courier has claimed the delivery
-- Invariant: the only pending callbacks of a gone URL are those that couriers are delivering.
local parallel, pause_ms, pause_max_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function settle(id, token, attempt_json, status, delay_ms, outcome, response)
  local callback = load_callback(id)
  if not callback or callback.token ~= token then return {0, ''} end
  if callback.lease_until == '0' then return {1, ''} end
  redis.call('RPUSH', P .. 'attempts:' .. callback.id, attempt_json)
  count_callback(callback, 'attempts:' .. outcome)
  callback.lease_until = '0'
  local attempt = cjson.decode(attempt_json)
  -- cjson reads null as a value of its own, which is true.
  callback.last_error = type(attempt.error) == 'string' and attempt.error
    or type(attempt.status_code) == 'number' and 'the receiver answered ' .. attempt.status_code
  if status ~= 'pending' then
    end_callback(callback, status, outcome == 'gone' and GONE, {'response', response})
  elseif is_gone(callback) then
    end_callback(callback, 'dead', GONE, {'response', response})
  else
    local due = now + tonumber(delay_ms)
    redis.call('HSET', P .. 'callback:' .. callback.id, 'lease_until', 0, 'response', response,
      'next_attempt_at', due)
    check_at(callback, due)
    note_callback('retried', callback, {detail = callback.last_error, process = callback.courier})
  end
  note_failing(receiver_of(callback), outcome, callback.status == 'pending', callback.last_error)
  if outcome == 'gone' then mark_gone(callback) end
  -- A receiver that answers 410 works, so it counts as good for the breaker.
  local health = ({delivered = 'good', gone = 'good', failed = 'bad', unsent = ''})[outcome]
  return {1, end_delivery(callback, health, parallel, pause_ms, pause_max_ms)}
end

if tonumber(ARGV[4]) > 0 then expect_claim('callbacks', tonumber(ARGV[4])) end
group_writes()
local answers = {}
for i = 5, #ARGV, 7 do
  answers[#answers + 1] = settle(unpack(ARGV, i, i + 6))
end
write_groups()
return answers
