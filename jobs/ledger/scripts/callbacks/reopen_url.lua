-- requires: gone_urls
-- Deliver callbacks again to a URL that answered 410.
-- ARGV: department, URL
-- Returns: 1 | 0 if the URL was not gone
return reopen(ARGV[1], ARGV[2])
