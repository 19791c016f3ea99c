"""Networks, their weights and what they say of crops: the only place that imports keras."""
