"""The addresses that the server listens on and answers at."""
