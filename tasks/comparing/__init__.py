"""Two versions of a text: which parts are the same, and what was edited between them."""
