"""The dock *Self-training*: the feedback loop above, rounds of self-training below."""
