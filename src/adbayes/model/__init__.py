"""What is believed and how the data arise: specs, priors, and the builders that make models of them."""
