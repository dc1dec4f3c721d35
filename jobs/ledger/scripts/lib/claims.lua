-- requires: batch_lines, quotas, suspects
-- Giving a worker the leases of jobs.

-- How long another worker is not told of a suspect.
local SUSPECT_MS = 30000
local ENTRY = 16 -- bytes of a line in a batch's index
-- Late jobs that one claim ends; the scheduler ends the others. The server does nothing else meanwhile.
local MOST_EXPIRED = 100
local ID_DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

-- A claim: of a worker, with a nonce, for lease_ms. `answers` are its results. Ids of new jobs are made of
-- `stem`, which is unique, and a number.
local claim = {answers = {}, numbered = 0, expired = 0}

local function granted(job)
  if job.batch_id then return {'claimed', as_flat(job), {}} end
  return {'claimed', as_flat(job),
    redis.call('HGETALL', P .. 'document:' .. job.department .. ':' .. job.document_id)}
end

local function add_answer(answer) claim.answers[#claim.answers + 1] = answer end

local function grant(job)
  local run = {token = whole(job.token + 1), attempts = whole(job.attempts + 1), worker = claim.worker,
    nonce = claim.nonce, started_at = whole(now), done = '0', total = '0',
    alone = is_suspect(job) and '1' or '0'}
  set_status(job, 'running', as_flat(run))
  -- Reading the record again would take longer than all else here.
  for name, value in pairs(run) do job[name] = value end
  write_to('ZADD', P .. 'running', now + claim.lease_ms, job.id)
  if job.lane == 'bulk' then redis.call('SADD', P .. 'running-bulk', job.id) end
  write_to('SADD', P .. 'held:' .. claim.worker, job.id)
  note_job('started', job)
  add_answer(granted(job))
end

local function is_late(job) return job.deadline and tonumber(job.deadline) <= now end

-- End a late job, which removes it from its order. Returns false if this claim has ended enough.
local function expire_late(job)
  if claim.expired >= MOST_EXPIRED then return false end
  claim.expired = claim.expired + 1
  expire(job)
  return true
end

-- The id of a suspect of these lanes that the worker is to run alone, or ''. No other worker is told of it
-- for a while.
local function next_suspect(lanes)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'suspects', '-inf', now)) do
    local job = load_job(id)
    if lanes[job.lane] and not is_paused(job.department, job.lane) and not is_closed(job) then
      redis.call('ZADD', P .. 'suspects', now + SUSPECT_MS, id)
      return id
    end
  end
  return ''
end

local batches = {}

-- A batch's record, read once.
local function batch_of(id)
  batches[id] = batches[id] or load_batch(id)
  return batches[id]
end

-- Whether lines of the batch may be claimed, of which `claim.unwritten` at most wait to be written.
local function may_claim_lines(batch)
  return not is_closed_batch(batch.id)
    and redis.call('LLEN', P .. 'outcomes:' .. batch.id) < claim.unwritten
end

local function new_id()
  local number = claim.numbered
  claim.numbered = number + 1
  local digits = ''
  for _ = 1, 3 do
    local digit = number % 32
    digits = string.sub(ID_DIGITS, digit + 1, digit + 1) .. digits
    number = math.floor(number / 32)
  end
  return string.sub(claim.stem, 1, -4) .. digits
end

-- What the records of the lines of a claim have in common, as it is after their first claim: a flat list.
local function shared_fields(batch)
  local job = {id = claim.stem}
  check_transition('job', job, 'queued')
  job.status = 'queued'
  check_transition('job', job, 'running')
  local at = whole(now)
  return {'department', batch.department, 'lane', batch.lane, 'batch_id', batch.id, 'status', 'running',
    'blob', batch.input_blob, 'deadline', batch.deadline, 'created_at', at, 'started_at', at,
    'keep_ms', batch.keep_ms, 'token', '1', 'attempts', '1', 'tries', '0', 'worker', claim.worker,
    'nonce', claim.nonce}
end

local function index_lines(batch, ids)
  local zeros, leases = {}, {}
  for i, id in ipairs(ids) do
    zeros[2 * i - 1], zeros[2 * i] = 0, id
    leases[2 * i - 1], leases[2 * i] = now + claim.lease_ms, id
  end
  redis.call('ZADD', P .. 'jobs:' .. batch.department .. ':running', unpack(zeros))
  redis.call('ZADD', P .. 'running', unpack(leases))
  redis.call('SADD', P .. 'open:' .. batch.id, unpack(ids))
  redis.call('SADD', P .. 'held:' .. claim.worker, unpack(ids))
  if batch.lane == 'bulk' then redis.call('SADD', P .. 'running-bulk', unpack(ids)) end
end

-- Claim the next lines of a batch, `most` at most, at least one. Returns how many, and their tokens.
-- order: the sorted set in which the batch waits.
local function claim_lines(batch, most, order)
  local first, tasks = tonumber(batch.next), cjson.decode(batch.tasks)
  local last = math.min(first + most, tonumber(batch.indexed))
  local entries = redis.call('GETRANGE', P .. 'index:' .. batch.id, first * ENTRY, last * ENTRY - 1)
  local shared, lines, ids, tokens = shared_fields(batch), {}, {}, 0
  for start = 1, #entries, ENTRY do
    local offset, length, line_tokens, word = struct.unpack('>I4I4I4I4', entries, start)
    local id, task, number = new_id(), tasks[word % 256 + 1], math.floor(word / 256)
    redis.call('HSET', P .. 'job:' .. id, 'task', task, 'offset', offset, 'length', length,
      'tokens', line_tokens, 'line', number, unpack(shared))
    for _, value in ipairs({id, task, offset, length, number}) do lines[#lines + 1] = value end
    ids[#ids + 1] = id
    tokens = tokens + line_tokens
  end
  add_answer({'lines', shared, lines})
  index_lines(batch, ids)
  count_lines('waiting', batch.department, -#ids)
  count_lines('open', batch.department, #ids)
  set_batch(batch, {['next'] = first + #ids})
  if first + #ids == tonumber(batch.indexed) then redis.call('ZREM', order, batch.id) end
  return #ids, tokens
end
