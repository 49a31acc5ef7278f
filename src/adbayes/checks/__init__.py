"""Whether to believe a model: what its priors imply and what it says of the data it was given."""
