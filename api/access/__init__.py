"""Who may call what: the rules of every route, and the check of API keys."""
