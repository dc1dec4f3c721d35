-- The prefix of every key, the server's clock, and hashes as tables.
-- Times are milliseconds since 1970 by this server's clock, because machines' clocks differ.

local P = 'chancery:'

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local now = now_ms()

local function as_map(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end
