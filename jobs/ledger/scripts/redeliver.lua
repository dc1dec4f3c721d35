-- Send a callback again, with a fresh round of attempts and the same id. Its URL, if it was gone, is
-- open again, and its receiver, if its breaker is open, is tried at once.
-- ARGV: department, callback id
-- Returns: {record, attempts} | {} where the department has no such callback
local callback = load_callback(ARGV[2])
if not callback or callback.department ~= ARGV[1] then return {} end
local key, attempts = P .. 'callback:' .. callback.id, P .. 'attempts:' .. callback.id
reopen(callback.department, callback.url)
try_now(receiver_of(callback))
if callback.status ~= 'pending' or not in_hand(callback) then
  redis.call('ZREM', callbacks_of(callback, callback.status), callback.id)
  begin_round(callback, redis.call('LLEN', attempts))
end
return {redis.call('HGETALL', key), redis.call('LRANGE', attempts, 0, -1)}
