"""What is done with the records: one file for each kind of trial."""
