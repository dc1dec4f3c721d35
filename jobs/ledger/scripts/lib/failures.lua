-- requires: grouped_writes
-- Jobs that failed or expired lately, for operators. Read by jobs/ledger/failures.py.
--
--   chancery:failures:SLOT      how many, by 'CODE TASK DEPARTMENT', in slots of five minutes
--   chancery:failed-jobs:SLOT   the last few of them by the same names, each as 'MS JOB BATCH' with '-' for
--                               no batch, separated by commas
-- Both expire an hour and a slot after their slot began.

local note_failure
do -- a script has room for 200 local names
  local FAILURE_SLOT_MS, FAILURES_KEEP_MS, FAILED_EXAMPLES = 300000, 3900000, 5

  local new_examples = {} -- of this command

  local function write_examples(key, name)
    local examples = {}
    for example in string.gmatch(redis.call('HGET', key, name) or '', '[^,]+') do
      examples[#examples + 1] = example
    end
    for _, example in ipairs(new_examples[name]) do examples[#examples + 1] = example end
    local first = math.max(1, #examples - FAILED_EXAMPLES + 1)
    redis.call('HSET', key, name, table.concat(examples, ',', first))
    redis.call('PEXPIRE', key, FAILURES_KEEP_MS)
    new_examples[name] = nil
  end

  function note_failure(job, code)
    local slot = math.floor(now / FAILURE_SLOT_MS)
    local counts, jobs = P .. 'failures:' .. slot, P .. 'failed-jobs:' .. slot
    local name = code .. ' ' .. job.task .. ' ' .. job.department
    local is_first = not new_examples[name]
    local examples = new_examples[name] or {}
    new_examples[name] = examples
    if #examples < FAILED_EXAMPLES then
      examples[#examples + 1] = string.format('%d', now) .. ' ' .. job.id .. ' ' .. (job.batch_id or '-')
    end
    count_in(counts, name, 1)
    if is_first then
      at_the_end(function()
        write_examples(jobs, name)
        redis.call('PEXPIRE', counts, FAILURES_KEEP_MS)
      end)
    end
  end
end
