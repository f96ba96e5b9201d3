"""The samples before anything is detected in them: cleaned, filtered, looked over and judged."""
