"""What the HTTP API does, told without HTTP: how requests are read, jobs listed, answers worded and pages turned."""
