"""Records and vocabulary: jobs, callbacks, departments, states, lanes, problems."""
