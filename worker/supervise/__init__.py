"""Keeps processes running on one Linux machine, and ends all of them when asked or killed."""
