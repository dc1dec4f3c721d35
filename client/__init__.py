"""What department software installs: client, callback verification, the `chancery` command."""
