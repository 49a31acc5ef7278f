"""From draws and data to tables: estimands, summaries, the frequentist twin, comparison with print."""
