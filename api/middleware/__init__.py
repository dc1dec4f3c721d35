"""What surrounds every call: request ids, security headers, the audit record."""
