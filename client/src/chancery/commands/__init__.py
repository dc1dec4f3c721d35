"""The commands of `chancery` that call the api."""
