"""What the api reads from a request: bodies, forms, keys, language, sender."""
