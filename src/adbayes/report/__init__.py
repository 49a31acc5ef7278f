"""What a run leaves behind: tables, figures, draws, and one page to read."""
