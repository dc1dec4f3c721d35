-- requires: quotas
-- Count a submission that was refused for what it contains against its department's rate.
-- ARGV: department
-- Returns: nil, or as the commands for submissions {'over', quotas left, 'rate-limited', ms to wait}
local rate = quotas_of(ARGV[1]).rate
local ms = rate and count_against_rate(ARGV[1], rate)
if ms then return {'over', quotas_left(ARGV[1]), 'rate-limited', ms} end
return false
