"""What tasks read in a text: numbers, dates, amounts, names, quotes, sentences."""
