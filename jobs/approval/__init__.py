"""Sign-off: a person reads a result, corrects it, and approves or rejects it."""
