-- requires: files, queueing
-- Begin a batch whose input file was read: its lines wait for workers.
-- ARGV: batch, token, index, facts (JSON: tasks, tokens, indexed, total, refused), id of the output
--       file, id of the error file, error segment (JSON: blob, bytes, lines, or '')
-- Returns: 1 (also on a repeated call) | 0 if another scheduler has claimed the batch
local batch = load_batch(ARGV[1])
if not batch or batch.token ~= ARGV[2] then return 0 end
if batch.status ~= 'validating' then return batch.begun == ARGV[2] and 1 or 0 end
local facts = cjson.decode(ARGV[4])
set_batch(batch, {
  status = 'in_progress', in_progress_at = now, progress_at = now, begun = ARGV[2],
  tasks = cjson.encode(facts.tasks), tokens = cjson.encode(facts.tokens), indexed = facts.indexed,
  total = facts.total, failed = facts.refused, output_file_id = ARGV[5], error_file_id = ARGV[6],
})
redis.call('ZREM', P .. 'indexing', batch.id)
redis.call('DEL', P .. 'readings:' .. batch.id)
if ARGV[7] ~= '' then append_segment(batch, 'error', cjson.decode(ARGV[7])) end
redis.call('SET', P .. 'index:' .. batch.id, ARGV[3])
count_index(batch, 1)
-- All lines were counted as waiting at submission. Refused lines wait no longer.
count_lines('waiting', batch.department, facts.indexed - tonumber(batch.lines))
if facts.indexed > 0 then
  if batch.lane == 'interactive' then
    add_ready(batch.department, READY_BATCH, batch.id)
  else
    add_to_waiting(batch.department, batch.deadline, batch.id)
  end
else
  set_batch(batch, {status = 'finalizing', finalizing_at = now})
  flush_soon(batch.id)
end
return 1
