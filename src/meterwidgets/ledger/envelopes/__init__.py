"""Where rows lie in what was read: pages, buckets, scopes."""
