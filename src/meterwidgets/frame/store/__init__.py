"""A store: a folder of every record and the cube over them."""
