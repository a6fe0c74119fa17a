"""The pages of judging: a judge's works and ballots, the organizer's results. Ids and titles, never a name."""
