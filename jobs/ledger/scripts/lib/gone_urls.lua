-- requires: callbacks
-- URLs that answered 410: their pending callbacks end as dead, and no new ones are sent.

local MOST_AT_ONCE = 500
local MOST_GONE = 10000

-- End the pending callbacks to a gone URL, MOST_AT_ONCE in one call; run_due_work ends the others. A
-- callback that a courier is delivering ends with the courier's report.
local function end_pending(department, url)
  local to = url_key(department, url)
  local member = department .. ' ' .. url
  for _, id in ipairs(redis.call('SRANDMEMBER', to, MOST_AT_ONCE)) do
    local callback = load_callback(id)
    if not callback then
      redis.call('SREM', to, id)
    elseif not is_leased(callback) then
      end_callback(callback, 'dead', GONE)
    end
  end
  if redis.call('EXISTS', to) == 1 then
    redis.call('ZADD', P .. 'gone-due', now + 1000, member)
  else
    redis.call('ZREM', P .. 'gone-due', member)
  end
end

local function mark_gone(callback)
  local gone = P .. 'gone:' .. callback.department
  redis.call('ZADD', gone, now, callback.url)
  redis.call('ZREMRANGEBYRANK', gone, 0, -MOST_GONE - 1)
  end_pending(callback.department, callback.url)
end

local function reopen(department, url)
  redis.call('ZREM', P .. 'gone-due', department .. ' ' .. url)
  return redis.call('ZREM', P .. 'gone:' .. department, url)
end
