"""Shared by tasks that write drafts: corrections by the model, and the common result fields."""
