-- requires: keys
-- Writes of a command that changes many records, with one Redis command for each key: a command for each
-- record costs several times as much, here and in the append-only file. Such a command calls group_writes()
-- first and write_groups() at its end, and reads none of these keys in between. In other commands each
-- write is made at once.

local groups -- nil: write at once

local function group_writes()
  groups = {commands = {ZADD = {}, ZREM = {}, SADD = {}, SREM = {}, RPUSH = {}}, order = {}, counts = {},
    steps = {}, kept = {}}
end

-- A command that takes any number of members: ZADD with a score before each, ZREM, SADD, SREM or
-- RPUSH.
local function write_to(command, key, ...)
  if not groups then
    redis.call(command, key, ...)
    return
  end
  local keys = groups.commands[command]
  local group = keys[key]
  if not group then
    group = {command, key}
    keys[key], groups.order[#groups.order + 1] = group, group
  end
  for i = 1, select('#', ...) do group[#group + 1] = (select(i, ...)) end
end

local function add_count(key, field, amount)
  amount = tonumber(amount)
  -- A counter at 0 has no field, so that a key without counters does not exist.
  if amount ~= 0 and redis.call('HINCRBY', key, field, amount) == 0 then redis.call('HDEL', key, field) end
end

local function grouped_counts(key)
  local fields = groups.counts[key]
  if not fields then
    fields = {}
    groups.counts[key] = fields
  end
  return fields
end

-- Add to a counter in a hash.
local function count_in(key, field, amount)
  if not groups then
    add_count(key, field, amount)
    return
  end
  local fields = grouped_counts(key)
  fields[field] = (fields[field] or 0) + amount
end

-- Add to many counters in a hash.
local function count_all_in(key, amounts)
  if not groups then
    for field, amount in pairs(amounts) do add_count(key, field, amount) end
    return
  end
  local fields = grouped_counts(key)
  for field, amount in pairs(amounts) do fields[field] = (fields[field] or 0) + amount end
end

local function expire_later(key, seconds)
  if redis.call('TTL', key) == -1 then redis.call('EXPIRE', key, seconds) end
end

-- Have a key expire, unless it does already. Call it after the key is written.
local function keep_key(key, seconds)
  if groups then groups.kept[key] = seconds else expire_later(key, seconds) end
end

-- Call a function at the end of the command; at once where writes are not grouped.
local function at_the_end(step)
  if groups then groups.steps[#groups.steps + 1] = step else step() end
end

local function write_groups()
  for _, step in ipairs(groups.steps) do step() end
  for _, group in ipairs(groups.order) do redis.call(unpack(group)) end
  for key, fields in pairs(groups.counts) do
    for field, amount in pairs(fields) do add_count(key, field, amount) end
  end
  for key, seconds in pairs(groups.kept) do expire_later(key, seconds) end
  groups = nil
end
