-- requires: grouped_writes
-- Bytes that are kept for a department, counted in the step that keeps or frees them.
--
--   chancery:kept:DEPT           records: bytes of records on this server; stored: bytes in the store
--   chancery:kept-replies:DEPT   bytes of replies to idempotency keys, by the hour in which they expire
-- Fields kept_records and kept_stored of a record are its own part, which is freed with the record. A
-- record of a release that did not count has no such field.

local HOUR_MS = 3600000

-- Added for each record: its keys, its entries in indexes, its callback and its message.
local RECORD_BYTES = 1024

local function add_kept(department, kind, bytes)
  count_in(P .. 'kept:' .. department, kind, bytes)
end

-- kind: 'records' or 'stored'. bytes: negative to free a part of what was counted.
local function count_kept(key, department, kind, bytes)
  if bytes == 0 then return end
  redis.call('HINCRBY', key, 'kept_' .. kind, bytes)
  add_kept(department, kind, bytes)
end

-- Call it before the record at `key` is removed.
local function free_kept(key, department)
  local kept = redis.call('HMGET', key, 'kept_records', 'kept_stored')
  for i, kind in ipairs({'records', 'stored'}) do
    if kept[i] then add_kept(department, kind, -tonumber(kept[i])) end
  end
end

local function count_reply(department, bytes, keep_ms)
  local hour = math.floor((now + keep_ms) / HOUR_MS)
  local key = P .. 'kept-replies:' .. department
  redis.call('HINCRBY', key, hour, bytes + RECORD_BYTES)
  redis.call('PEXPIRE', key, (hour + 1) * HOUR_MS - now)
end

local function reply_bytes(department)
  local key, bytes = P .. 'kept-replies:' .. department, 0
  for hour, amount in pairs(as_map(redis.call('HGETALL', key))) do
    if tonumber(hour) < math.floor(now / HOUR_MS) then
      redis.call('HDEL', key, hour)
    else
      bytes = bytes + tonumber(amount)
    end
  end
  return bytes
end

-- Returns the bytes of records, with replies, and the bytes in the store.
local function kept_bytes(department)
  local kept = redis.call('HMGET', P .. 'kept:' .. department, 'records', 'stored')
  return tonumber(kept[1] or 0) + reply_bytes(department), tonumber(kept[2] or 0)
end
