"""What identifies a person in a text: found by rules, by a model, or as the caller's own terms."""
