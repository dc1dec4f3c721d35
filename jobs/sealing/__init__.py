"""Encryption of stored bytes: `docs/decisions/encryption-at-rest.md` describes the formats."""
