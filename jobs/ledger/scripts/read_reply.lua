-- Look up the first answer to an idempotency key, before what may have changed since is checked.
-- ARGV: department, scope, key, body's SHA-256
-- Returns: {} where there is none | {'replayed', quotas, body} | {'mismatch'}
return earlier_reply(ARGV[1], ARGV[2], {key = ARGV[3], body_sha256 = ARGV[4]}) or {}
