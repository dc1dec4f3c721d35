"""The Redis server: the connection to it, and the Lua scripts that run on it."""
