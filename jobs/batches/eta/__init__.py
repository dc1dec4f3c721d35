"""When a batch will be done: how much work it is, how fast work goes, what waits before it."""
