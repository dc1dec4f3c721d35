-- requires: api_keys
-- Add an API key to a department, and let keys that it replaces expire.
-- ARGV: department, new key's id, its fields (JSON), replaced key's id or '*' for all others or '',
--   ms for which replaced keys stay valid, most valid keys
-- A key that replaces one gets its scopes, networks, lifetime and label.
-- Returns: 'added' (also on a repeated call) | 'none': no such department or key | 'full'
local department, id, replaced = ARGV[1], ARGV[2], ARGV[4]
if redis.call('EXISTS', P .. 'department:' .. department) == 0 then return 'none' end
if redis.call('EXISTS', key_name(id)) == 1 then return 'added' end
local fields, valid = cjson.decode(ARGV[3]), 0
if replaced ~= '' and replaced ~= '*' then
  if redis.call('SISMEMBER', P .. 'keys:' .. department, replaced) == 0 or not is_valid(replaced) then
    return 'none'
  end
  for _, name in ipairs({'scopes', 'networks', 'lifetime_ms', 'label'}) do
    local value = redis.call('HGET', key_name(replaced), name)
    fields[name] = value or nil
  end
end
local ids = key_ids(department)
for _, other in ipairs(ids) do
  if is_valid(other) then valid = valid + 1 end
end
if valid >= tonumber(ARGV[6]) then return 'full' end
for _, other in ipairs(ids) do
  if is_valid(other) and (replaced == '*' or replaced == other) then
    expire_in(other, tonumber(ARGV[5]))
  end
end
for name, value in pairs(fields) do redis.call('HSET', key_name(id), name, value) end
redis.call('HSET', key_name(id), 'department', department, 'created_at', now)
local lifetime_ms = tonumber(fields.lifetime_ms)
if lifetime_ms then expire_at(id, now + lifetime_ms) end
redis.call('SADD', P .. 'keys:' .. department, id)
return 'added'
