"""The records: jobs, batches' lanes, callbacks, departments, states, problems."""
