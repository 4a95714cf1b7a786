"""One widget a module: texts in, texts drawn, clicks out."""
