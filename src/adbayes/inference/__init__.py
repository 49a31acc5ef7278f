"""From a model and data, or from printed numbers alone, to posteriors."""
