-- requires: keys
-- Write a value, to learn whether the server stores what it is given. It expires after a minute.
-- ARGV: none
-- Returns: this server's time in ms
redis.call('SET', P .. 'health-probe', string.format('%d', now), 'PX', 60000)
return now
