"""What the api answers with: JSON, problems, content of files."""
