-- Take a document out of a library: from then on it is kept as long as any other.
-- ARGV: department, library, document id
-- Returns: 1, or 0 where it was not in there
if redis.call('ZREM', P .. 'libraries:' .. ARGV[1], ARGV[2] .. '/' .. ARGV[3]) == 0 then return 0 end
let_go_of_document(ARGV[1], ARGV[3])
return 1
