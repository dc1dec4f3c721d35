"""Starts an engine on this machine, after a check that its model is whole and fits."""
