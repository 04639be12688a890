//! The steps that nobody comes in between of, in the server's own language.

/// What runs in the server as one step.
#[derive(Debug)]
pub(super) struct Script(&'static str);

impl Script {
    pub(super) fn text(&self) -> &'static str {
        self.0
    }
}

/// The beginning of a value, and the milliseconds that it has left. What is no text is an empty one: unreadable, and no error.
pub(super) const GET: Script = Script(
    "local value = redis.pcall('GETRANGE', KEYS[1], 0, ARGV[1])
if type(value) == 'table' then value = '' end
if value == '' and redis.call('EXISTS', KEYS[1]) == 0 then return false end
return {value, redis.call('PTTL', KEYS[1])}",
);

/// A lease is taken if it is free. One without an end was not made here.
pub(super) const ACQUIRE: Script = Script(
    "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('PTTL', KEYS[1]) ~= -1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1",
);

/// A lease goes on, if it is still the holder's.
pub(super) const EXTEND: Script = Script(
    "if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])",
);

/// A value goes, or a lease, if it is the one that was meant.
pub(super) const REMOVE: Script = Script(
    "if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])",
);

/// A token is written by the holder of the lease, which ends with that; or by anybody, if there is no lease and the value is
/// the one that was seen.
pub(super) const PUT: Script = Script(
    "local holder = redis.pcall('GET', KEYS[2])
if holder ~= ARGV[1] then
  local seen = ARGV[4] or false
  if holder ~= false or redis.pcall('GET', KEYS[1]) ~= seen then return 0 end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if holder == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1",
);
