"""Stories become documents, documents become files."""
