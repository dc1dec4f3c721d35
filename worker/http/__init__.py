"""The HTTP client for engines and receivers: `docs/decisions/http-client.md`."""
