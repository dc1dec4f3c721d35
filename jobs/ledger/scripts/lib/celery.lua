-- requires: keys
-- Messages to Celery. They carry identifiers only.

-- Send a message in Celery's protocol 2, inside kombu's envelope, with its body as plain text.
-- id: the message's id, which Flower shows. ids: the task's arguments.
-- first: put it before all others. Celery takes messages from the right end.
local function send_message(queue, task, id, ids, first)
  local none = cjson.null
  local tag = id .. ':' .. redis.call('INCR', P .. 'messages')
  local embed = {callbacks = none, errbacks = none, chain = none, chord = none}
  redis.call(first and 'RPUSH' or 'LPUSH', queue, cjson.encode({
    body = '[["' .. table.concat(ids, '","') .. '"], {}, ' .. cjson.encode(embed) .. ']',
    ['content-encoding'] = 'utf-8',
    ['content-type'] = 'application/json',
    headers = {
      lang = 'py', task = 'chancery.' .. task, id = id, root_id = id, parent_id = none,
      group = none, eta = none, expires = none, retries = 0, timelimit = {none, none},
      argsrepr = "('" .. table.concat(ids, "', '") .. "',)", kwargsrepr = '{}', origin = 'ledger',
      ignore_result = true,
    },
    properties = {
      correlation_id = id, delivery_mode = 2, priority = 0, delivery_tag = tag,
      delivery_info = {exchange = '', routing_key = queue},
    },
  }))
end
