"""The HTTP api: routes, authentication, error responses, OpenAPI document, metrics."""
