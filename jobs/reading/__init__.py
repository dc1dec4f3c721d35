"""Results beside their documents, for people: places in the text, marks, pictures of pages."""
