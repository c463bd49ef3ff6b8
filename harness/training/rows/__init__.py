"""From files of examples to encoded rows that were looked at: all that is known before a model is loaded."""
