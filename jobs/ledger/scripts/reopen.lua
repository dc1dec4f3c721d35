-- Open a URL again whose receiver answered 410: from now on its callbacks are delivered.
-- ARGV: department, URL
-- Returns: 1 | 0 where it was not gone
return reopen(ARGV[1], ARGV[2])
