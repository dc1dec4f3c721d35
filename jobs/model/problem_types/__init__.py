"""The tables of problem types: their HTTP status, title and advice."""
