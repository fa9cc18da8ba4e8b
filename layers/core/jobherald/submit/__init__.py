"""Starting jobs safely: a request is read, checked against what the service documents, and only then sent."""
