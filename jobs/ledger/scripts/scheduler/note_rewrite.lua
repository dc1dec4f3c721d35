-- requires: deletions
-- Note that a rewrite of the append-only file began, or that the last one succeeded.
-- ARGV: 'begun' | 'done', deletions that it removes
-- Returns: nothing
redis.call('HSET', P .. 'rewrite', ARGV[1], ARGV[2])
if ARGV[1] == 'begun' then redis.call('HSET', P .. 'rewrite', 'begun_at', now) end
