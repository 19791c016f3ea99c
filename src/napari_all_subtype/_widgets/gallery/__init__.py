"""The dock *Cell gallery*: the cells of a smear as small pictures, class by class."""
