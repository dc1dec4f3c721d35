"""What `/metrics` shows: of this process, and of the whole system as the ledger knows it."""
