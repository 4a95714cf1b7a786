"""The Arrow truth: usage rolled up once into a cube, and selections on it."""
