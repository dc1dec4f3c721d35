"""The HTTP server: uvicorn with bounds for what a connection may cost, and TLS."""
