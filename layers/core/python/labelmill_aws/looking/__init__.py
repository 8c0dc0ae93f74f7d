"""Looking into datasets where they lie: one image at once, or some of them for a count."""
