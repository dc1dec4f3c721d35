"""Reading numbers, facts, quotations, provisions, punctuation and sentences in a text."""
