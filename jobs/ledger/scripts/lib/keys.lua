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

-- A table as a flat list, as HGETALL returns the record that it was made of. Up to two names are left out.
local function as_flat(map, without, nor)
  local flat = {}
  for name, value in pairs(map) do
    if name ~= without and name ~= nor then
      flat[#flat + 1] = name
      flat[#flat + 1] = value
    end
  end
  return flat
end

-- A whole number as Redis stores it.
local function whole(number) return string.format('%d', number) end

-- The value of a field in a flat list; nil without it.
local function field_in(fields, name)
  for i = 1, #fields, 2 do
    if fields[i] == name then return fields[i + 1] end
  end
end

-- Set fields of a hash in one command: a command for each costs several times as much.
local function set_fields(key, fields)
  redis.call('HSET', key, unpack(as_flat(fields)))
end
