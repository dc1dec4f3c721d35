"""The format of what the ledger keeps in Redis: a number in the key `chancery:format`.

A release that keeps something in another form raises `FORMAT`, and adds the script that changes
what the release before it has kept. A process reads the number when it starts.
"""

from __future__ import annotations

from collections.abc import Mapping

from redis.asyncio import Redis

from jobs.ledger.server.errors import UnsafeServer

KEY = "chancery:format"
FORMAT = 2
# By the format from which they lead to the next one: Lua, which changes everything in one step.
# Releases before formats had numbers kept everything as format 1 does.
# A record of format 1 has longer names and more fields, which format 2 allows, so that records stay
# as they are until they are removed. The list of a department's jobs is those by status together.
MIGRATIONS: Mapping[int, str] = {
    0: "",
    1: """
for _, department in ipairs(redis.call('SMEMBERS', 'chancery:departments')) do
  redis.call('UNLINK', 'chancery:jobs:' .. department)
end
""",
}
_STEP = """
if tonumber(redis.call('GET', KEYS[1]) or '0') ~= tonumber(ARGV[1]) then
  return 0
end
%s
redis.call('SET', KEYS[1], ARGV[1] + 1)
return 1
"""


class UnknownFormat(UnsafeServer):
    """A newer release has written what is in Redis. Nothing was changed."""


async def check_format(
    redis: Redis, newest: int = FORMAT, migrations: Mapping[int, str] = MIGRATIONS
) -> None:
    """Bring what is in Redis to the format `newest`. Raises `UnknownFormat` if it is newer.

    Several processes may do so at the same time: each step happens once.
    """
    while (found := int(await redis.get(KEY) or 0)) != newest:
        if found > newest:
            raise UnknownFormat(
                f"Redis has data in format {found}, and this release knows formats up to {newest}. "
                "Start the release that wrote it, or restore the backup from before the upgrade "
                "(docs/operations.md#upgrades)."
            )
        # By its digest: Chancery's user of Redis may not use EVAL.
        step = redis.register_script(_STEP % migrations[found])
        await step(keys=[KEY], args=[str(found)])
