-- requires: keys
-- Fair sharing between departments, by virtual time.
--
--   chancery:turns     departments whose work waits, by turn: tokens used, over weight. The earliest is
--                      served next
--   chancery:rested    the turns of departments whose work does not wait
--   chancery:served    the latest turn that was served
-- A department whose work starts to wait, or may run again, has a turn at most CREDIT before
-- chancery:served: its first few documents go at once, and unused time is not saved up.

local CREDIT = 50000

-- Tokens that a single bulk job is charged until it ends and its usage is known.
local JOB_TOKENS = 1000

local function earliest_turn() return tonumber(redis.call('GET', P .. 'served') or 0) - CREDIT end

local function add_to_turns(department)
  if redis.call('ZSCORE', P .. 'turns', department) then return end
  local turn = tonumber(redis.call('HGET', P .. 'rested', department)) or -math.huge
  redis.call('ZADD', P .. 'turns', math.max(turn, earliest_turn()), department)
end

local function remove_from_turns(department)
  redis.call('HSET', P .. 'rested', department, redis.call('ZSCORE', P .. 'turns', department))
  redis.call('ZREM', P .. 'turns', department)
end

local function note_served(turn)
  if turn > earliest_turn() + CREDIT then redis.call('SET', P .. 'served', turn) end
end

local function limit_credit(department, turn)
  if turn < earliest_turn() then redis.call('ZADD', P .. 'turns', earliest_turn(), department) end
end

-- Move a department's turn by tokens: negative if it used fewer than it was charged.
local function charge(department, tokens)
  local weight = tonumber(redis.call('HGET', P .. 'department:' .. department, 'weight') or 1)
  if redis.call('ZSCORE', P .. 'turns', department) then
    redis.call('ZINCRBY', P .. 'turns', tokens / weight, department)
  else
    redis.call('HINCRBYFLOAT', P .. 'rested', department, tokens / weight)
  end
end
