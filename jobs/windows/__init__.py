"""When bulk work may run: calendar windows."""
