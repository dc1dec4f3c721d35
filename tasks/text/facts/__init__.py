"""Facts in a text that can be compared: numbers, dates, issue numbers, organisations."""
