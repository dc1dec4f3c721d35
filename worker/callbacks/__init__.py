"""One callback: its event, its signature, its delivery."""
