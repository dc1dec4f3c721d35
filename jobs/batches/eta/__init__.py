"""The estimated end (ETA) of batches.

`token_estimate` says how much work a new batch is, `simulation` when given work ends at a given
throughput, `eta` applies both to the batches in the ledger.
"""
