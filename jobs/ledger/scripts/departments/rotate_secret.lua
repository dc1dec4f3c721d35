-- requires: keys
-- Add a callback secret to a department, and let its other secrets expire.
-- ARGV: department, new secret, ms for which the other secrets sign too
-- Returns: 1 (also on a repeated call) | 0 if there is no such department
local key = P .. 'department:' .. ARGV[1]
local current = redis.call('HGET', key, 'callback_secrets')
if not current then return 0 end
local secrets = {{secret = ARGV[2], ['until'] = 0}}
local until_ms = now + tonumber(ARGV[3])
for _, entry in ipairs(cjson.decode(current)) do
  if entry.secret == ARGV[2] then return 1 end
  if entry['until'] == 0 or entry['until'] > until_ms then entry['until'] = until_ms end
  if entry['until'] > now then secrets[#secrets + 1] = entry end
end
redis.call('HSET', key, 'callback_secrets', cjson.encode(secrets))
return 1
