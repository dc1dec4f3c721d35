"""How a model is asked: schemas, splitting, and reading what it answers."""
