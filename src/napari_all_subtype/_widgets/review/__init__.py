"""The dock *Review*: reading cells one after the other, and what is kept of it."""
