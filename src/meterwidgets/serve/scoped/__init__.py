"""What each reader's pages are made of: the rows of their scope, and nothing else."""
