-- requires: bulk_order
-- Store which bulk work is outside its window, and note whether more work waits than is run.
-- ARGV: departments whose window is closed (JSON: name -> true); batches whose own window is closed (JSON:
--       id -> true); most bulk jobs that run for departments whose window is closed, when no other bulk
--       work waits; for how many ms an engine has been healthy, and how many ms ago it last was, or '' and ''
--       if none is
claim.unwritten = math.huge
local _, shut = departments_by_window()
-- Also of those whose window opens now: the time until now is not saved up.
for _, department in ipairs(shut) do note_idle(department, turn_of(department)) end
set_closed(cjson.decode(ARGV[1]), cjson.decode(ARGV[2]))
redis.call('SET', P .. 'idle-slots', ARGV[3], 'PX', CLOSED_MS)
local open = departments_by_window()
local healthy = ARGV[4] ~= '' and {first = now - tonumber(ARGV[4]), last = now - tonumber(ARGV[5])} or nil
note_saturation(any_waits(open), healthy)
