"""The commands of `python -m schedules`, one file each: arguments, files, exit codes; no rule."""
