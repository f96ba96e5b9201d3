"""Where the jerks come from: spread, brain, and the weighing of evidence."""
