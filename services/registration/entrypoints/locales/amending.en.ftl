## Amending by forms

amendment-title = Amend the season’s rules
amendment-lede = Version { $version } is in force. Once confirmed, this is version { $next }.
amendment-changes = { $count ->
    [one] 1 change
   *[other] { $count } changes
}
amendment-none = Nothing is changed yet.
amendment-go-on = Go on editing
amendment-fixed = { $count ->
    [one] 1 change cannot be made
   *[other] { $count } changes cannot be made
}
amendment-fixed-how = What was filed, what judging applies, and times that have passed stay as they are. Please put them back.
amendment-why = Why it changes
amendment-then-page = At once: the season’s page shows version { $next }, what changed and why.
amendment-then-dates = It counts from the moment you confirm it and cannot be set to take effect later; the dates in the rules may be moved to later ones.
amendment-then-told = Calendars, feeds and the rules that judging applies follow.
amendment-then-kept = An amendment cannot be deleted, only amended again. Former versions can always be read.
amendment-do = Confirm version { $next }
amendment-before = Amendments
amendment-first = The rules as registration opened
amendment-or-new = This draft has the id of “{ $season }”: it can amend that season. For a new season, change the id first:
amendment-look = See what changes
amendment-done = Version { $version } is in force.
amendment-by-forms = Amend by forms
amendment-by-forms-how = Change it step by step, see what changes and how many people it concerns, then confirm.
amendment-begin = Begin an amendment
amendment-by-file = Amend by file
step-not-now = Not now
change-where = Where
change-now = Now
change-becomes = Becomes
change-concerns = Concerns
change-yes = yes
change-no = no
concerns-entrants = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}
concerns-judges = { $count ->
    [one] 1 judge
   *[other] { $count } judges
}
concerns-units = { $count ->
    [one] 1 unit
   *[other] { $count } units
}
concerns-everybody = the season’s page, for everybody
problem-amend-other-season = This draft does not amend that season, or has something left to change.
problem-amend-otherwise = The rules or the draft have changed meanwhile. Look at the changes as they are now, and confirm again.
