"""Export targets: each generates the files of a model for one kind of project."""
