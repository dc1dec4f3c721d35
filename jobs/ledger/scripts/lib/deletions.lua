-- requires: keys
-- What was deleted stays in Redis's append-only file until it is rewritten. chancery:rewrite has
--   deleted    how many deletions there were
--   begun      how many of them there were when the last rewrite began, at begun_at
--   done       how many of them the last successful rewrite removed

local function note_deletion() redis.call('HINCRBY', P .. 'rewrite', 'deleted', 1) end
