"""The search for what breaks: schedules of faults drawn or enumerated, run, shrunk and kept."""
