-- requires: keys
-- Accounts of people who use the console.
-- account:NAME       hash: name, department ('' for none), role, password (hash; '' if the person signs in
--                    at the identity provider), subject (whom the provider means; '' before the first
--                    sign-in there), epoch, created_at, changed_at
-- accounts           set of the names
-- session:SHA256     hash: account, epoch, ends_at, seen_at; expires when it has been idle too long, or ends
-- browser:SHA256     set of the accounts that signed in with a browser; expires after its last sign-in
-- attempts:SUBJECT   hash: failures, blocked_until; expires some time after the last failure
-- records:OWNER      sorted set of the ids of an account's or a group's jobs; expires after its last job does

local function account_key(name) return P .. 'account:' .. name end
local function session_key(digest) return P .. 'session:' .. digest end
local function browser_key(digest) return P .. 'browser:' .. digest end
local function attempts_key(subject) return P .. 'attempts:' .. subject end

-- What may change a person's rights ends the sessions that began before.
local function next_epoch(key) return math.max(now, tonumber(redis.call('HGET', key, 'epoch')) + 1) end
