-- requires: breakers
-- Send a callback again.
-- ARGV: department, callback id
-- Returns: {record, attempts} | {} if the department has no such callback
local callback = load_callback(ARGV[2])
if not callback or callback.department ~= ARGV[1] then return {} end
redeliver(callback)
return {redis.call('HGETALL', P .. 'callback:' .. callback.id),
  redis.call('LRANGE', P .. 'attempts:' .. callback.id, 0, -1)}
