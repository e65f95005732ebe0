"""What somebody else may bring: written against docs/plugins.md, installed with pip."""
