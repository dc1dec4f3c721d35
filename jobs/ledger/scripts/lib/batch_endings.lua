-- requires: batches, callbacks
-- How a batch ends.

local function stop_release(batch)
  local order = batch.lane == 'bulk' and 'waiting:' or 'ready:'
  if redis.call('ZREM', P .. order .. batch.department, batch.id) == 1 then
    count_lines('waiting', batch.department, tonumber(batch.next) - tonumber(batch.indexed))
  end
end

-- Upper bounds of the time that a batch took over the time that was estimated: ERROR_BUCKETS in
-- jobs/batches/eta/simulation.py.
local ERROR_BOUNDS = {'0.5', '0.8', '0.9', '1', '1.1', '1.25', '1.5', '2', '4', 'inf'}

-- An expired batch counts with the time until its deadline, which is a lower bound, unless the
-- estimate was later than the deadline.
local function note_estimate(batch, status)
  local estimated_at, deadline = tonumber(batch.first_expected_at), tonumber(batch.deadline)
  if not estimated_at then return end
  if status == 'expired' and estimated_at > deadline then return end
  local took = (status == 'expired' and deadline or now) - tonumber(batch.created_at)
  local estimated = math.max(estimated_at - tonumber(batch.created_at), 1000)
  local ratio = took / estimated
  for _, bound in ipairs(ERROR_BOUNDS) do
    if bound == 'inf' or ratio <= tonumber(bound) then
      redis.call('HINCRBY', P .. 'estimates', 'le:' .. bound, 1)
      break
    end
  end
  redis.call('HINCRBYFLOAT', P .. 'estimates', 'sum', ratio)
end

-- An output file's time to live starts when its batch ends.
local function restart_file_expiry(file, batch)
  local until_ms = now + tonumber(batch.file_keep_ms)
  redis.call('HSET', file, 'expires_at', until_ms)
  redis.call('ZADD', P .. 'files', until_ms, redis.call('HGET', file, 'id'))
end

local function end_batch(batch, status)
  if batch.status == 'validating' then
    count_lines('waiting', batch.department, -tonumber(batch.lines))
  end
  set_batch(batch, {status = status, [status .. '_at'] = now})
  if status == 'completed' or status == 'expired' then note_estimate(batch, status) end
  redis.call('ZREM', P .. 'indexing', batch.id)
  redis.call('ZREM', P .. 'batch-deadlines', batch.id)
  redis.call('ZREM', P .. 'batches-open', batch.id)
  redis.call('SREM', P .. 'open-batches:' .. batch.department, batch.id)
  redis.call('ZREM', P .. 'flush-due', batch.id)
  count_index(batch, -1)
  redis.call('DEL', P .. 'index:' .. batch.id, P .. 'readings:' .. batch.id)
  redis.call('ZADD', P .. 'ended-batches', now + tonumber(batch.keep_ms), batch.id)
  for _, kind in ipairs({'input', 'output', 'error'}) do
    local file = P .. 'file:' .. (batch[kind .. '_file_id'] or '')
    if redis.call('EXISTS', file) == 1 then
      redis.call('HINCRBY', file, 'uses', -1)
      if kind ~= 'input' then restart_file_expiry(file, batch) end
    end
  end
  redis.call('HINCRBY', P .. 'batch-endings', batch.department .. ':' .. status, 1)
  note(({completed = 'succeeded', failed = 'failed'})[status] or 'revoked', batch.id, 'batch',
    {detail = status, seconds = (now - tonumber(batch.created_at)) / 1000})
  if batch.callback_id then open_callback(batch, 'batch.' .. status) end
end

-- End a batch before all of its lines were run. reason: expired or cancelled. Its open jobs end for the
-- same reason, and its other lines go to the error file.
local function close_batch(batch, reason)
  if batch.status == 'validating' then
    if reason == 'cancelled' then set_batch(batch, {cancelling_at = now}) end
    end_batch(batch, reason)
    return
  elseif batch.status == 'finalizing' then
    -- Every line has ended. Only the writing of outcomes remains.
    redis.call('ZREM', P .. 'batch-deadlines', batch.id)
    return
  end
  stop_release(batch)
  set_batch(batch, {closing = reason})
  if reason == 'cancelled' then set_batch(batch, {status = 'cancelling', cancelling_at = now}) end
  redis.call('ZREM', P .. 'batch-deadlines', batch.id)
  redis.call('ZADD', P .. 'batches-closing', now, batch.id)
  flush_soon(batch.id)
end
