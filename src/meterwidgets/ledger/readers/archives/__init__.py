"""Archives and compressed files, unpacked to the spool within limits."""
