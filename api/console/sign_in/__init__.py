"""Signing in, and the accounts of the people who sign in."""
