"""The HTTP face: routes, models, authentication, error translation."""
