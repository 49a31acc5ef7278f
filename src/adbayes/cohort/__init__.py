"""Patient data: the vocabulary of outcomes, the reader, what is derived, and simulated patients."""
