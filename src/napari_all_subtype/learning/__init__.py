"""What is learned from: crops, words and probabilities in, decisions out; never a model."""
