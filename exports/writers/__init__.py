"""One module per file format. Each writes a dataset and its table to a path; none knows where the data come from."""
