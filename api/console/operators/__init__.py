"""The health of the system, and what operators change."""
