"""The people who use the console: accounts, passwords, sessions."""
