"""What a text states that a program can compare: numbers, dates, issue numbers, organisations."""
