"""The files as HTTP serves them, and the pages for people."""
