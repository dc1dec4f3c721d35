-- requires: quotas
-- Read what is left of a department's quotas.
-- ARGV: department
-- Returns: {name, limit, left, ms until there is more or -1} for each quota that it has
return quotas_left(ARGV[1])
