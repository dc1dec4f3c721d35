-- requires: jobs, documents, batch_lines, callbacks, usage, job_metrics, failures
-- How a job ends.

-- The code of the problem in flat `fields`, '' if there is none.
local function code_in(fields)
  local error = field_in(fields, 'error')
  return error and string.match(cjson.decode(error).type, '^/problems/(.+)$') or ''
end

-- As Flower shows an ending.
local SHOWN_AS = {succeeded = 'succeeded', failed = 'failed', cancelled = 'revoked', expired = 'revoked'}

local function count_ending(job, status, usage)
  local day = usage_key(job.department)
  count_in(day, 'jobs_' .. status, 1)
  count_in(day, 'task:' .. job.task .. ':jobs_' .. status, 1)
  count_usage(job, usage or {})
end

-- Count what an ending adds and frees. Returns what is then counted for the job's record.
local function count_ended(job, fields)
  local bytes = 0
  for i = 1, #fields, 2 do
    bytes = bytes + #fields[i + 1]
    if fields[i] == 'result_bytes' then
      count_kept(P .. 'job:' .. job.id, job.department, 'stored', tonumber(fields[i + 1]))
    end
  end
  if job.kept_records then bytes = bytes - #(job.options or '') - #(job.references or '') end
  add_kept(job.department, 'records', bytes)
  return tonumber(job.kept_records or 0) + bytes
end

local ended_ids = {} -- of this command

-- Tell those who wait for the job.
local function publish_ending(job)
  ended_ids[#ended_ids + 1] = job.id
  if #ended_ids > 1 then return end
  at_the_end(function()
    redis.call('PUBLISH', P .. 'endings', table.concat(ended_ids, ' '))
    ended_ids = {}
  end)
end

-- The only way to end a job: its final state, its callback event and the counters, in one step.
-- fields: flat list of further fields of the record; usage: amounts to add to the day's counters.
local function finish(job, status, fields, usage)
  local was_running = job.status == 'running' or job.status == 'awaiting_approval'
  local code = code_in(fields)
  set_status(job, status,
    {'finished_at', now, 'kept_records', count_ended(job, fields), unpack(fields)})
  write_to('ZREM', P .. 'deadlines', job.id)
  count_ending(job, status, usage)
  if status == 'failed' or status == 'expired' then note_failure(job, code) end
  observe_ending(job, status, code, was_running)
  if job.batch_id then
    end_line(job, status, fields, usage)
  else
    drop_needless_fields(job)
    remove_later(job.id, job.keep_ms)
    release_documents(job)
    if status == 'cancelled' or status == 'expired' then expire_own_text(job) end
  end
  if job.callback_id then open_callback(job, 'job.' .. status) end
  note_job(SHOWN_AS[status], job, status == 'succeeded' and status or code)
  publish_ending(job)
end

-- The title is added on reading: see to_job in jobs/ledger/job_records.py.
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
