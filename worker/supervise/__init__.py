"""`chancery up`: starts, supervises and stops the whole system on one Linux machine."""
