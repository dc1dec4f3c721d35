-- requires: api_keys
-- List the API keys of a department, also those that ended in the last 30 days.
-- ARGV: department
-- Returns: {now, {id, flat fields with `expires_at`}, ...}
local found = {now}
for _, id in ipairs(key_ids(ARGV[1])) do
  local fields = redis.call('HGETALL', key_name(id))
  local at = key_end(id)
  if at and redis.call('HEXISTS', key_name(id), 'expires_at') == 0
    and redis.call('HEXISTS', key_name(id), 'revoked_at') == 0 then
    fields[#fields + 1] = 'expires_at'
    fields[#fields + 1] = tostring(at)
  end
  found[#found + 1] = {id, fields}
end
return found
