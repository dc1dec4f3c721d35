"""The life of a job: states, lanes, the ledger, documents, callbacks and settings."""
