"""The commands of `chancery` that speak to the api: one file a subject."""
