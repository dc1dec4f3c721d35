-- Every change of state that a job or a callback may make. `new` is a record that has no state yet.
-- The diagrams in docs/reliability.md are tested against this table.

local TRANSITIONS = {
  job = {
    new = {'scheduled', 'queued'},
    scheduled = {'queued', 'cancelled', 'expired'},
    queued = {'running', 'cancelled', 'expired'},
    running = {'succeeded', 'failed', 'cancelled', 'expired', 'queued', 'scheduled', 'awaiting_approval'},
    awaiting_approval = {'succeeded', 'failed', 'cancelled', 'expired'},
    succeeded = {},
    failed = {},
    cancelled = {},
    expired = {},
  },
  callback = {
    new = {'pending', 'dead'},
    pending = {'pending', 'delivered', 'dead'},
    delivered = {'pending'},
    dead = {'pending'},
  },
}

-- Raises an error, before anything is written, if the table does not allow the change.
local function check_transition(kind, record, status)
  local from = record.status or 'new'
  for _, allowed in ipairs(TRANSITIONS[kind][from]) do
    if allowed == status then return end
  end
  error(kind .. ' ' .. record.id .. ' cannot change from ' .. from .. ' to ' .. status)
end
