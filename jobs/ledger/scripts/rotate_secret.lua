-- Give a department a new callback secret; the ones that it has sign too for a while yet.
-- ARGV: department, new secret, ms that older ones are kept
-- Returns: 1 (also when this very secret was given before) | 0 where there is no such department
local key = P .. 'department:' .. ARGV[1]
local kept = redis.call('HGET', key, 'callback_secrets')
if not kept then return 0 end
local secrets = {{secret = ARGV[2], ['until'] = 0}}
local until_ms = now + tonumber(ARGV[3])
for _, one in ipairs(cjson.decode(kept)) do
  if one.secret == ARGV[2] then return 1 end
  if one['until'] == 0 or one['until'] > until_ms then one['until'] = until_ms end
  if one['until'] > now then secrets[#secrets + 1] = one end
end
redis.call('HSET', key, 'callback_secrets', cjson.encode(secrets))
return 1
