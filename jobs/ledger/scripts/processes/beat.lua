-- requires: keys
-- Store a process's heartbeat with this server's time.
-- ARGV: name, process (JSON), ms after which a silent process is removed
redis.call('HSET', P .. 'process:' .. ARGV[1], 'process', ARGV[2])
redis.call('PEXPIRE', P .. 'process:' .. ARGV[1], ARGV[3])
redis.call('ZADD', P .. 'processes', now / 1000, ARGV[1])
