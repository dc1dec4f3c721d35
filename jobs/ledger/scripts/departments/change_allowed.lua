-- requires: keys
-- Add targets to those that a department's callbacks may go to, or remove them.
-- ARGV: department, 'add' or 'remove', targets...
-- Returns: nil if there is no such department, else the targets before and after, as JSON arrays
local department = P .. 'department:' .. ARGV[1]
local before = redis.call('HGET', department, 'callback_allow')
if not before then return false end
local wanted, after, listed = {}, {}, {}
for place = 3, #ARGV do wanted[ARGV[place]] = true end
for _, target in ipairs(cjson.decode(before)) do
  if ARGV[2] == 'add' or not wanted[target] then after[#after + 1] = target end
  listed[target] = true
end
if ARGV[2] == 'add' then
  for place = 3, #ARGV do
    local target = ARGV[place]
    if not listed[target] then after[#after + 1] = target end
    listed[target] = true
  end
end
local written = #after == 0 and '[]' or cjson.encode(after)  -- cjson writes an empty table as {}
redis.call('HSET', department, 'callback_allow', written)
return {before, written}
