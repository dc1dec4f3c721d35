"""Results that wait for a reviewer."""
