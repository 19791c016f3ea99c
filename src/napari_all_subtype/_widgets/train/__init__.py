"""The docks *Train* and *Self-training*, and the child process that learns for both."""
