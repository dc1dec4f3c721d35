-- requires: replies
-- Read the first reply to an idempotency key, before a repeated request is checked again.
-- ARGV: department, scope, key, body's SHA-256
-- Returns: {} if there is none | {'replayed', quotas, body} | {'mismatch'}
return earlier_reply(ARGV[1], ARGV[2], {key = ARGV[3], body_sha256 = ARGV[4]}) or {}
