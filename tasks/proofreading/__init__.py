"""What `proofread` looks for: each sort of slip, by rules and by the model."""
