## Lists that staff work in

list-everything = All
list-tabs = By state
list-find = Find
list-show = Filter
list-filters = Filters in use
list-drop = , remove this filter
list-clear = Clear the filters
list-tick-page = Select all on this page
list-tick = Select { $name }
list-selected = For what is selected
list-tick-first = Select first, then choose what to do
list-ticked = { $count } selected
list-whole = Select all { $count }
list-none-done = Nothing was done.
list-all-refused = { $count } could not be done:
list-refused = { $count } could not be done:
list-why = { $name }: { $why }
list-shown = { $first }–{ $last } of { $total }
list-previous = Previous page
list-next = Next page
list-nobody-fits = Nothing fits these filters.
list-export = Export this list (CSV)
problem-nothing-ticked = Please select something first.
problem-no-act-chosen = Please press the button of what is to be done.
problem-list-otherwise = The list has changed meanwhile. Look at it as it is now, and select again.

## Acts that cannot be undone

confirm-type = Type “{ $word }” to confirm
field-confirm-word = Type “{ $word }”. It was not typed, so nothing was done.
confirm-word-open-season = open
confirm-word-amend = amend
confirm-word-release = release
confirm-word-join = join
confirm-word-erase = delete
confirm-word-close = close
confirm-word-publish = publish
confirm-word-finalize = confirm
confirm-word-revise = revise
confirm-word-exclude = cancel
confirm-word-decide = answer
confirm-word-confirm-scores = confirm
confirm-word-recuse = recuse
confirm-word-reject = decline
confirm-word-withdraw = withdraw
confirm-word-change-certificate = correct
confirm-word-revoke = revoke
confirm-word-issue = issue
