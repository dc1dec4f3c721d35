-- requires: keys
-- Read an API key and its department.
-- ARGV: key's id
-- Returns: {now, flat fields of the key, flat fields of its department}; both empty if there is none
local key = redis.call('HGETALL', P .. 'key:' .. ARGV[1])
local department = as_map(key).department
return {now, key, department and redis.call('HGETALL', P .. 'department:' .. department) or {}}
