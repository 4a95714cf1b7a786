"""Who a reader is: a token, a proxy's assertion or a JupyterHub says so."""
