"""What tasks that draft are made of: form, parts, and how they are held against the source."""
