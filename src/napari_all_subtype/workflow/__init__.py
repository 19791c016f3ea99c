"""The verbs: analyse, classify, export; used alike by Python, command line and window."""
