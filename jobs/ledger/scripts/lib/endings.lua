-- requires: jobs, documents, batch_lines, callbacks
-- How a job ends.

-- The code of the problem in flat `fields`, '' if there is none.
local function code_in(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'error' then
      return string.match(cjson.decode(fields[i + 1]).type, '^/problems/(.+)$') or ''
    end
  end
  return ''
end

-- As Flower shows an ending.
local SHOWN_AS = {succeeded = 'succeeded', failed = 'failed', cancelled = 'revoked', expired = 'revoked'}

local function count_ending(job, status, usage)
  redis.call('HINCRBY', P .. 'endings', job.task .. ':' .. job.lane .. ':' .. status, 1)
  local day = P .. 'usage:' .. job.department .. ':' .. math.floor(now / 86400000)
  redis.call('HINCRBY', day, 'jobs_' .. status, 1)
  redis.call('HINCRBY', day, 'task:' .. job.task .. ':jobs_' .. status, 1)
  for name, amount in pairs(usage or {}) do
    redis.call('HINCRBY', day, name, amount)
    if name:sub(1, 8) == 'cascade:' then redis.call('HINCRBY', P .. 'cascade', name, amount) end
  end
end

-- An ended job keeps no options: nothing reads them any more. Counts what its ending adds and frees.
local function count_ended(job, fields)
  local key, bytes = P .. 'job:' .. job.id, 0
  for i = 1, #fields, 2 do
    bytes = bytes + #fields[i + 1]
    if fields[i] == 'result_bytes' then
      count_kept(key, job.department, 'stored', tonumber(fields[i + 1]))
    end
  end
  if job.kept_records then bytes = bytes - #(job.options or '') - #(job.references or '') end
  count_kept(key, job.department, 'records', bytes)
  redis.call('HDEL', key, 'options', 'references')
end

-- The only way to end a job: its final state, its callback event and the counters, in one step.
-- fields: flat list of further fields of the record; usage: amounts to add to the day's counters.
local function finish(job, status, fields, usage)
  set_status(job, status)
  redis.call('HSET', P .. 'job:' .. job.id, 'finished_at', now, unpack(fields))
  count_ended(job, fields)
  redis.call('ZREM', P .. 'deadlines', job.id)
  count_ending(job, status, usage)
  if job.batch_id then
    end_line(job, status, fields, usage)
  else
    redis.call('ZADD', P .. 'ended', now + tonumber(job.keep_ms), job.id)
    release_documents(job)
    if status == 'cancelled' or status == 'expired' then expire_own_text(job) end
  end
  if job.callback_id then open_callback(job, 'job.' .. status) end
  note_job(SHOWN_AS[status], job, status == 'succeeded' and status or code_in(fields))
  redis.call('PUBLISH', P .. 'endings', job.id)
end

-- The title is added on reading: see to_job in jobs/ledger/records.py.
local function problem(code, detail)
  return cjson.encode({type = '/problems/' .. code, detail = detail})
end

local function expire(job)
  finish(job, 'expired', {'error', problem('expired',
    'The job had not ended at its deadline. Submit it again with a later deadline.')})
end

local function cancel_job(job)
  finish(job, 'cancelled', {'error', problem('cancelled',
    'It was cancelled, by the department or by an operator. Submit it again if the result is still wanted.')})
end
