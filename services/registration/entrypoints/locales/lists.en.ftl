## Lists: invitations

invitations-find = Find a name, unit, account or address
invitations-name = For whom
invitations-role = To do what
invitations-by = Invited by
invitations-mail = Email
invitations-reason = Reason for withdrawing
invitations-withdraw = Withdraw
invitations-slips = Invitation slips
invitations-state-unopened = Not opened
invitations-state-opened = Opened
invitations-state-expired = Expired
invitations-state-accepted = Joined
invitations-state-withdrawn = Withdrawn
invitations-state-renewed = Sent again
outcome-invitation-renew = { $count ->
    [one] 1 invitation was sent again; the former link has ended.
   *[other] { $count } invitations were sent again; the former links have ended.
}
outcome-invitation-withdraw = { $count ->
    [one] 1 invitation was withdrawn; its link has ended.
   *[other] { $count } invitations were withdrawn; their links have ended.
}

## Lists: judges

jury-counts = { $joined } of { $count } have joined
jury-find = Find a name, id, account or unit
jury-share = Scored
jury-share-of = { $done } of { $works } works scored
jury-stage-uninvited = Not invited
jury-stage-unopened = Not opened
jury-stage-opened = Opened
jury-stage-expired = Invitation expired
jury-stage-joined = Joined
jury-stage-avoiding = With conflicts
jury-stage-reserves = Reserves
jury-until = until { $when }
jury-reason = Reason for withdrawing or stopping
jury-invite = Send invitations
jury-withdraw = Withdraw invitations
jury-stop = Stop
jury-then = A judge who was stopped cannot score any more; what they submitted still counts. Assign the works that they have not scored again.
jury-column-account = Account
jury-column-stage = State
outcome-judge-invite = { $count ->
    [one] 1 invitation was sent; any former link has ended.
   *[other] { $count } invitations were sent; any former links have ended.
}
outcome-judge-withdraw = { $count ->
    [one] The invitation of 1 judge was withdrawn; its link has ended.
   *[other] The invitations of { $count } judges were withdrawn; their links have ended.
}
outcome-judge-stop = { $count ->
    [one] 1 judge was stopped.
   *[other] { $count } judges were stopped.
}
problem-judge-has-joined = Has joined already, as { $login }.
problem-judge-not-joined = Has not joined yet; the invitation can be withdrawn.

## Lists: units

units-find = Find a name or an id
units-administrator = Administrator
units-entries-of = { $count }
units-invite-many = Invite the administrators
units-stage-uninvited = Not invited
units-stage-unopened = Not opened
units-stage-opened = Opened
units-stage-expired = Invitation expired
units-stage-joined = Joined
units-stage-empty = Schools without entries
outcome-unit-invite = { $count ->
    [one] 1 invitation was made; a former link that was not used has ended.
   *[other] { $count } invitations were made; former links that were not used have ended.
}

## Lists: deliveries

outcome-delivery-again = { $count ->
    [one] 1 delivery is sent once more.
   *[other] { $count } deliveries are sent once more.
}

## Lists: an entry beside the list

desk-peek = Look at { $entry } beside the list
peek-close = Close
peek-approve-next = Accept, and see the next
