"""What the paper printed: the ledger of its numbers, and the likelihoods they imply."""
