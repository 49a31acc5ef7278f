"""One plot a file; each takes a table and draws it, computing nothing."""
